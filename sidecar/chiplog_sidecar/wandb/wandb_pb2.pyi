# mypy: disable-error-code="type-arg"
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Stream(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    stderr: _ClassVar[Stream]
    stdout: _ClassVar[Stream]
stderr: Stream
stdout: Stream

class Instant(_message.Message):
    __slots__ = ("seconds", "nanos")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    NANOS_FIELD_NUMBER: _ClassVar[int]
    seconds: int
    nanos: int
    def __init__(self, seconds: _Optional[int] = ..., nanos: _Optional[int] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("num", "history", "summary", "output", "config", "files", "stats", "artifact", "tbrecord", "alert", "telemetry", "metric", "output_raw", "run", "exit", "final", "header", "footer", "preempting", "use_artifact", "environment", "output_logger")
    NUM_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    STATS_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    TBRECORD_FIELD_NUMBER: _ClassVar[int]
    ALERT_FIELD_NUMBER: _ClassVar[int]
    TELEMETRY_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_RAW_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    FOOTER_FIELD_NUMBER: _ClassVar[int]
    PREEMPTING_FIELD_NUMBER: _ClassVar[int]
    USE_ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_LOGGER_FIELD_NUMBER: _ClassVar[int]
    num: int
    history: History
    summary: Items
    output: Console
    config: Items
    files: Files
    stats: System
    artifact: Artifact
    tbrecord: TensorBoard
    alert: Alert
    telemetry: bytes
    metric: Metric
    output_raw: Console
    run: Run
    exit: Exit
    final: Nothing
    header: Header
    footer: Nothing
    preempting: Nothing
    use_artifact: UseArtifact
    environment: Environment
    output_logger: LoggerLine
    def __init__(self, num: _Optional[int] = ..., history: _Optional[_Union[History, _Mapping]] = ..., summary: _Optional[_Union[Items, _Mapping]] = ..., output: _Optional[_Union[Console, _Mapping]] = ..., config: _Optional[_Union[Items, _Mapping]] = ..., files: _Optional[_Union[Files, _Mapping]] = ..., stats: _Optional[_Union[System, _Mapping]] = ..., artifact: _Optional[_Union[Artifact, _Mapping]] = ..., tbrecord: _Optional[_Union[TensorBoard, _Mapping]] = ..., alert: _Optional[_Union[Alert, _Mapping]] = ..., telemetry: _Optional[bytes] = ..., metric: _Optional[_Union[Metric, _Mapping]] = ..., output_raw: _Optional[_Union[Console, _Mapping]] = ..., run: _Optional[_Union[Run, _Mapping]] = ..., exit: _Optional[_Union[Exit, _Mapping]] = ..., final: _Optional[_Union[Nothing, _Mapping]] = ..., header: _Optional[_Union[Header, _Mapping]] = ..., footer: _Optional[_Union[Nothing, _Mapping]] = ..., preempting: _Optional[_Union[Nothing, _Mapping]] = ..., use_artifact: _Optional[_Union[UseArtifact, _Mapping]] = ..., environment: _Optional[_Union[Environment, _Mapping]] = ..., output_logger: _Optional[_Union[LoggerLine, _Mapping]] = ...) -> None: ...

class Nothing(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Item(_message.Message):
    __slots__ = ("key", "nested_key", "none", "boolean", "integer", "number", "text", "json", "value_json")
    KEY_FIELD_NUMBER: _ClassVar[int]
    NESTED_KEY_FIELD_NUMBER: _ClassVar[int]
    NONE_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    VALUE_JSON_FIELD_NUMBER: _ClassVar[int]
    key: str
    nested_key: _containers.RepeatedScalarFieldContainer[str]
    none: int
    boolean: bool
    integer: int
    number: float
    text: str
    json: str
    value_json: str
    def __init__(self, key: _Optional[str] = ..., nested_key: _Optional[_Iterable[str]] = ..., none: _Optional[int] = ..., boolean: _Optional[bool] = ..., integer: _Optional[int] = ..., number: _Optional[float] = ..., text: _Optional[str] = ..., json: _Optional[str] = ..., value_json: _Optional[str] = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("num",)
    NUM_FIELD_NUMBER: _ClassVar[int]
    num: int
    def __init__(self, num: _Optional[int] = ...) -> None: ...

class History(_message.Message):
    __slots__ = ("item", "step")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    item: _containers.RepeatedCompositeFieldContainer[Item]
    step: Step
    def __init__(self, item: _Optional[_Iterable[_Union[Item, _Mapping]]] = ..., step: _Optional[_Union[Step, _Mapping]] = ...) -> None: ...

class Items(_message.Message):
    __slots__ = ("update", "remove")
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    update: _containers.RepeatedCompositeFieldContainer[Item]
    remove: _containers.RepeatedCompositeFieldContainer[Item]
    def __init__(self, update: _Optional[_Iterable[_Union[Item, _Mapping]]] = ..., remove: _Optional[_Iterable[_Union[Item, _Mapping]]] = ...) -> None: ...

class System(_message.Message):
    __slots__ = ("timestamp", "item")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    timestamp: Instant
    item: _containers.RepeatedCompositeFieldContainer[Item]
    def __init__(self, timestamp: _Optional[_Union[Instant, _Mapping]] = ..., item: _Optional[_Iterable[_Union[Item, _Mapping]]] = ...) -> None: ...

class Console(_message.Message):
    __slots__ = ("output_type", "timestamp", "line")
    OUTPUT_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    output_type: Stream
    timestamp: Instant
    line: str
    def __init__(self, output_type: _Optional[_Union[Stream, str]] = ..., timestamp: _Optional[_Union[Instant, _Mapping]] = ..., line: _Optional[str] = ...) -> None: ...

class LoggerLine(_message.Message):
    __slots__ = ("line",)
    LINE_FIELD_NUMBER: _ClassVar[int]
    line: str
    def __init__(self, line: _Optional[str] = ...) -> None: ...

class Files(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[File]
    def __init__(self, files: _Optional[_Iterable[_Union[File, _Mapping]]] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("path", "policy", "type")
    class Policy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        now: _ClassVar[File.Policy]
        end: _ClassVar[File.Policy]
        live: _ClassVar[File.Policy]
    now: File.Policy
    end: File.Policy
    live: File.Policy
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        other: _ClassVar[File.Type]
        wandb: _ClassVar[File.Type]
        media: _ClassVar[File.Type]
        artifact: _ClassVar[File.Type]
    other: File.Type
    wandb: File.Type
    media: File.Type
    artifact: File.Type
    PATH_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    path: str
    policy: File.Policy
    type: File.Type
    def __init__(self, path: _Optional[str] = ..., policy: _Optional[_Union[File.Policy, str]] = ..., type: _Optional[_Union[File.Type, str]] = ...) -> None: ...

class Git(_message.Message):
    __slots__ = ("remote", "commit")
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    remote: str
    commit: str
    def __init__(self, remote: _Optional[str] = ..., commit: _Optional[str] = ...) -> None: ...

class BranchPoint(_message.Message):
    __slots__ = ("run", "value", "metric")
    RUN_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    run: str
    value: float
    metric: str
    def __init__(self, run: _Optional[str] = ..., value: _Optional[float] = ..., metric: _Optional[str] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("run_id", "entity", "project", "config", "summary", "group", "job_type", "name", "notes", "tags", "sweep_id", "host", "starting_step", "storage_id", "started_at", "resumed", "runtime", "git", "forked", "branch_point", "resume")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    JOB_TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    SWEEP_ID_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    STARTING_STEP_FIELD_NUMBER: _ClassVar[int]
    STORAGE_ID_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    GIT_FIELD_NUMBER: _ClassVar[int]
    FORKED_FIELD_NUMBER: _ClassVar[int]
    BRANCH_POINT_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    entity: str
    project: str
    config: Items
    summary: Items
    group: str
    job_type: str
    name: str
    notes: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    sweep_id: str
    host: str
    starting_step: int
    storage_id: str
    started_at: Instant
    resumed: bool
    runtime: int
    git: Git
    forked: bool
    branch_point: BranchPoint
    resume: bool
    def __init__(self, run_id: _Optional[str] = ..., entity: _Optional[str] = ..., project: _Optional[str] = ..., config: _Optional[_Union[Items, _Mapping]] = ..., summary: _Optional[_Union[Items, _Mapping]] = ..., group: _Optional[str] = ..., job_type: _Optional[str] = ..., name: _Optional[str] = ..., notes: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., sweep_id: _Optional[str] = ..., host: _Optional[str] = ..., starting_step: _Optional[int] = ..., storage_id: _Optional[str] = ..., started_at: _Optional[_Union[Instant, _Mapping]] = ..., resumed: _Optional[bool] = ..., runtime: _Optional[int] = ..., git: _Optional[_Union[Git, _Mapping]] = ..., forked: _Optional[bool] = ..., branch_point: _Optional[_Union[BranchPoint, _Mapping]] = ..., resume: _Optional[bool] = ...) -> None: ...

class Exit(_message.Message):
    __slots__ = ("exit_code", "runtime", "not_complete")
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    NOT_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    exit_code: int
    runtime: int
    not_complete: bool
    def __init__(self, exit_code: _Optional[int] = ..., runtime: _Optional[int] = ..., not_complete: _Optional[bool] = ...) -> None: ...

class Metric(_message.Message):
    __slots__ = ("name", "glob", "step_metric", "step_metric_index", "options", "summary", "goal", "control", "expanded_from_glob")
    class Goal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        unset: _ClassVar[Metric.Goal]
        minimize: _ClassVar[Metric.Goal]
        maximize: _ClassVar[Metric.Goal]
    unset: Metric.Goal
    minimize: Metric.Goal
    maximize: Metric.Goal
    class Options(_message.Message):
        __slots__ = ("step_sync", "hidden", "defined")
        STEP_SYNC_FIELD_NUMBER: _ClassVar[int]
        HIDDEN_FIELD_NUMBER: _ClassVar[int]
        DEFINED_FIELD_NUMBER: _ClassVar[int]
        step_sync: bool
        hidden: bool
        defined: bool
        def __init__(self, step_sync: _Optional[bool] = ..., hidden: _Optional[bool] = ..., defined: _Optional[bool] = ...) -> None: ...
    class Summary(_message.Message):
        __slots__ = ("min", "max", "mean", "best", "last", "none", "copy", "first")
        MIN_FIELD_NUMBER: _ClassVar[int]
        MAX_FIELD_NUMBER: _ClassVar[int]
        MEAN_FIELD_NUMBER: _ClassVar[int]
        BEST_FIELD_NUMBER: _ClassVar[int]
        LAST_FIELD_NUMBER: _ClassVar[int]
        NONE_FIELD_NUMBER: _ClassVar[int]
        COPY_FIELD_NUMBER: _ClassVar[int]
        FIRST_FIELD_NUMBER: _ClassVar[int]
        min: bool
        max: bool
        mean: bool
        best: bool
        last: bool
        none: bool
        copy: bool
        first: bool
        def __init__(self, min: _Optional[bool] = ..., max: _Optional[bool] = ..., mean: _Optional[bool] = ..., best: _Optional[bool] = ..., last: _Optional[bool] = ..., none: _Optional[bool] = ..., copy: _Optional[bool] = ..., first: _Optional[bool] = ...) -> None: ...
    class Control(_message.Message):
        __slots__ = ("overwrite",)
        OVERWRITE_FIELD_NUMBER: _ClassVar[int]
        overwrite: bool
        def __init__(self, overwrite: _Optional[bool] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    GLOB_FIELD_NUMBER: _ClassVar[int]
    STEP_METRIC_FIELD_NUMBER: _ClassVar[int]
    STEP_METRIC_INDEX_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    EXPANDED_FROM_GLOB_FIELD_NUMBER: _ClassVar[int]
    name: str
    glob: str
    step_metric: str
    step_metric_index: int
    options: Metric.Options
    summary: Metric.Summary
    goal: Metric.Goal
    control: Metric.Control
    expanded_from_glob: bool
    def __init__(self, name: _Optional[str] = ..., glob: _Optional[str] = ..., step_metric: _Optional[str] = ..., step_metric_index: _Optional[int] = ..., options: _Optional[_Union[Metric.Options, _Mapping]] = ..., summary: _Optional[_Union[Metric.Summary, _Mapping]] = ..., goal: _Optional[_Union[Metric.Goal, str]] = ..., control: _Optional[_Union[Metric.Control, _Mapping]] = ..., expanded_from_glob: _Optional[bool] = ...) -> None: ...

class Alert(_message.Message):
    __slots__ = ("title", "text", "level", "wait_milliseconds")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    WAIT_MILLISECONDS_FIELD_NUMBER: _ClassVar[int]
    title: str
    text: str
    level: str
    wait_milliseconds: int
    def __init__(self, title: _Optional[str] = ..., text: _Optional[str] = ..., level: _Optional[str] = ..., wait_milliseconds: _Optional[int] = ...) -> None: ...

class Header(_message.Message):
    __slots__ = ("version",)
    class Version(_message.Message):
        __slots__ = ("producer", "min_consumer")
        PRODUCER_FIELD_NUMBER: _ClassVar[int]
        MIN_CONSUMER_FIELD_NUMBER: _ClassVar[int]
        producer: str
        min_consumer: str
        def __init__(self, producer: _Optional[str] = ..., min_consumer: _Optional[str] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: Header.Version
    def __init__(self, version: _Optional[_Union[Header.Version, _Mapping]] = ...) -> None: ...

class TensorBoard(_message.Message):
    __slots__ = ("log_dir", "save", "root_dir", "namespace", "save_path")
    LOG_DIR_FIELD_NUMBER: _ClassVar[int]
    SAVE_FIELD_NUMBER: _ClassVar[int]
    ROOT_DIR_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    SAVE_PATH_FIELD_NUMBER: _ClassVar[int]
    log_dir: str
    save: bool
    root_dir: str
    namespace: str
    save_path: str
    def __init__(self, log_dir: _Optional[str] = ..., save: _Optional[bool] = ..., root_dir: _Optional[str] = ..., namespace: _Optional[str] = ..., save_path: _Optional[str] = ...) -> None: ...

class UseArtifact(_message.Message):
    __slots__ = ("id", "type", "name")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    type: str
    name: str
    def __init__(self, id: _Optional[str] = ..., type: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class Artifact(_message.Message):
    __slots__ = ("run_id", "project", "entity", "type", "name", "digest", "description", "metadata", "user_created", "use_after_commit", "aliases", "manifest", "finalize", "client_id", "sequence_client_id", "base_id", "ttl_duration_seconds", "tags", "digest_algorithm")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    USER_CREATED_FIELD_NUMBER: _ClassVar[int]
    USE_AFTER_COMMIT_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    FINALIZE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    BASE_ID_FIELD_NUMBER: _ClassVar[int]
    TTL_DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    DIGEST_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    project: str
    entity: str
    type: str
    name: str
    digest: str
    description: str
    metadata: str
    user_created: bool
    use_after_commit: bool
    aliases: _containers.RepeatedScalarFieldContainer[str]
    manifest: Manifest
    finalize: bool
    client_id: str
    sequence_client_id: str
    base_id: str
    ttl_duration_seconds: int
    tags: _containers.RepeatedScalarFieldContainer[str]
    digest_algorithm: str
    def __init__(self, run_id: _Optional[str] = ..., project: _Optional[str] = ..., entity: _Optional[str] = ..., type: _Optional[str] = ..., name: _Optional[str] = ..., digest: _Optional[str] = ..., description: _Optional[str] = ..., metadata: _Optional[str] = ..., user_created: _Optional[bool] = ..., use_after_commit: _Optional[bool] = ..., aliases: _Optional[_Iterable[str]] = ..., manifest: _Optional[_Union[Manifest, _Mapping]] = ..., finalize: _Optional[bool] = ..., client_id: _Optional[str] = ..., sequence_client_id: _Optional[str] = ..., base_id: _Optional[str] = ..., ttl_duration_seconds: _Optional[int] = ..., tags: _Optional[_Iterable[str]] = ..., digest_algorithm: _Optional[str] = ...) -> None: ...

class Manifest(_message.Message):
    __slots__ = ("version", "storage_policy", "policy_config", "contents", "manifest_file_path")
    class Setting(_message.Message):
        __slots__ = ("key", "value_json")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_JSON_FIELD_NUMBER: _ClassVar[int]
        key: str
        value_json: str
        def __init__(self, key: _Optional[str] = ..., value_json: _Optional[str] = ...) -> None: ...
    class Entry(_message.Message):
        __slots__ = ("path", "digest", "ref", "size", "mimetype", "local_path", "birth_artifact_id", "skip_cache", "extra")
        PATH_FIELD_NUMBER: _ClassVar[int]
        DIGEST_FIELD_NUMBER: _ClassVar[int]
        REF_FIELD_NUMBER: _ClassVar[int]
        SIZE_FIELD_NUMBER: _ClassVar[int]
        MIMETYPE_FIELD_NUMBER: _ClassVar[int]
        LOCAL_PATH_FIELD_NUMBER: _ClassVar[int]
        BIRTH_ARTIFACT_ID_FIELD_NUMBER: _ClassVar[int]
        SKIP_CACHE_FIELD_NUMBER: _ClassVar[int]
        EXTRA_FIELD_NUMBER: _ClassVar[int]
        path: str
        digest: str
        ref: str
        size: int
        mimetype: str
        local_path: str
        birth_artifact_id: str
        skip_cache: bool
        extra: _containers.RepeatedCompositeFieldContainer[Manifest.Setting]
        def __init__(self, path: _Optional[str] = ..., digest: _Optional[str] = ..., ref: _Optional[str] = ..., size: _Optional[int] = ..., mimetype: _Optional[str] = ..., local_path: _Optional[str] = ..., birth_artifact_id: _Optional[str] = ..., skip_cache: _Optional[bool] = ..., extra: _Optional[_Iterable[_Union[Manifest.Setting, _Mapping]]] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STORAGE_POLICY_FIELD_NUMBER: _ClassVar[int]
    POLICY_CONFIG_FIELD_NUMBER: _ClassVar[int]
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FILE_PATH_FIELD_NUMBER: _ClassVar[int]
    version: int
    storage_policy: str
    policy_config: _containers.RepeatedCompositeFieldContainer[Manifest.Setting]
    contents: _containers.RepeatedCompositeFieldContainer[Manifest.Entry]
    manifest_file_path: str
    def __init__(self, version: _Optional[int] = ..., storage_policy: _Optional[str] = ..., policy_config: _Optional[_Iterable[_Union[Manifest.Setting, _Mapping]]] = ..., contents: _Optional[_Iterable[_Union[Manifest.Entry, _Mapping]]] = ..., manifest_file_path: _Optional[str] = ...) -> None: ...

class Environment(_message.Message):
    __slots__ = ("os", "python", "started_at", "docker", "args", "program", "code_path", "code_path_local", "git", "email", "root", "host", "username", "executable", "colab", "cpu_count", "cpu_count_logical", "gpu_type", "gpu_count", "disk", "memory", "cpu", "apple", "gpu_nvidia", "cuda_version", "gpu_amd", "slurm", "trainium", "tpu", "coreweave", "writer_id")
    class Disk(_message.Message):
        __slots__ = ("total", "used")
        TOTAL_FIELD_NUMBER: _ClassVar[int]
        USED_FIELD_NUMBER: _ClassVar[int]
        total: int
        used: int
        def __init__(self, total: _Optional[int] = ..., used: _Optional[int] = ...) -> None: ...
    class Memory(_message.Message):
        __slots__ = ("total",)
        TOTAL_FIELD_NUMBER: _ClassVar[int]
        total: int
        def __init__(self, total: _Optional[int] = ...) -> None: ...
    class Cpu(_message.Message):
        __slots__ = ("count", "count_logical", "model")
        COUNT_FIELD_NUMBER: _ClassVar[int]
        COUNT_LOGICAL_FIELD_NUMBER: _ClassVar[int]
        MODEL_FIELD_NUMBER: _ClassVar[int]
        count: int
        count_logical: int
        model: str
        def __init__(self, count: _Optional[int] = ..., count_logical: _Optional[int] = ..., model: _Optional[str] = ...) -> None: ...
    class Apple(_message.Message):
        __slots__ = ("name", "ecpu_cores", "pcpu_cores", "gpu_cores", "memory_gb", "swap_total_bytes", "ram_total_bytes", "mac_model")
        NAME_FIELD_NUMBER: _ClassVar[int]
        ECPU_CORES_FIELD_NUMBER: _ClassVar[int]
        PCPU_CORES_FIELD_NUMBER: _ClassVar[int]
        GPU_CORES_FIELD_NUMBER: _ClassVar[int]
        MEMORY_GB_FIELD_NUMBER: _ClassVar[int]
        SWAP_TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
        RAM_TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
        MAC_MODEL_FIELD_NUMBER: _ClassVar[int]
        name: str
        ecpu_cores: int
        pcpu_cores: int
        gpu_cores: int
        memory_gb: int
        swap_total_bytes: int
        ram_total_bytes: int
        mac_model: str
        def __init__(self, name: _Optional[str] = ..., ecpu_cores: _Optional[int] = ..., pcpu_cores: _Optional[int] = ..., gpu_cores: _Optional[int] = ..., memory_gb: _Optional[int] = ..., swap_total_bytes: _Optional[int] = ..., ram_total_bytes: _Optional[int] = ..., mac_model: _Optional[str] = ...) -> None: ...
    class Nvidia(_message.Message):
        __slots__ = ("name", "memory_total", "cuda_cores", "architecture", "uuid", "pci_bus_id", "numa_node")
        NAME_FIELD_NUMBER: _ClassVar[int]
        MEMORY_TOTAL_FIELD_NUMBER: _ClassVar[int]
        CUDA_CORES_FIELD_NUMBER: _ClassVar[int]
        ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
        UUID_FIELD_NUMBER: _ClassVar[int]
        PCI_BUS_ID_FIELD_NUMBER: _ClassVar[int]
        NUMA_NODE_FIELD_NUMBER: _ClassVar[int]
        name: str
        memory_total: int
        cuda_cores: int
        architecture: str
        uuid: str
        pci_bus_id: str
        numa_node: int
        def __init__(self, name: _Optional[str] = ..., memory_total: _Optional[int] = ..., cuda_cores: _Optional[int] = ..., architecture: _Optional[str] = ..., uuid: _Optional[str] = ..., pci_bus_id: _Optional[str] = ..., numa_node: _Optional[int] = ...) -> None: ...
    class Amd(_message.Message):
        __slots__ = ("id", "unique_id", "vbios_version", "performance_level", "gpu_overdrive", "gpu_memory_overdrive", "max_power", "series", "model", "vendor", "sku", "sclk_range", "mclk_range")
        ID_FIELD_NUMBER: _ClassVar[int]
        UNIQUE_ID_FIELD_NUMBER: _ClassVar[int]
        VBIOS_VERSION_FIELD_NUMBER: _ClassVar[int]
        PERFORMANCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
        GPU_OVERDRIVE_FIELD_NUMBER: _ClassVar[int]
        GPU_MEMORY_OVERDRIVE_FIELD_NUMBER: _ClassVar[int]
        MAX_POWER_FIELD_NUMBER: _ClassVar[int]
        SERIES_FIELD_NUMBER: _ClassVar[int]
        MODEL_FIELD_NUMBER: _ClassVar[int]
        VENDOR_FIELD_NUMBER: _ClassVar[int]
        SKU_FIELD_NUMBER: _ClassVar[int]
        SCLK_RANGE_FIELD_NUMBER: _ClassVar[int]
        MCLK_RANGE_FIELD_NUMBER: _ClassVar[int]
        id: str
        unique_id: str
        vbios_version: str
        performance_level: str
        gpu_overdrive: str
        gpu_memory_overdrive: str
        max_power: str
        series: str
        model: str
        vendor: str
        sku: str
        sclk_range: str
        mclk_range: str
        def __init__(self, id: _Optional[str] = ..., unique_id: _Optional[str] = ..., vbios_version: _Optional[str] = ..., performance_level: _Optional[str] = ..., gpu_overdrive: _Optional[str] = ..., gpu_memory_overdrive: _Optional[str] = ..., max_power: _Optional[str] = ..., series: _Optional[str] = ..., model: _Optional[str] = ..., vendor: _Optional[str] = ..., sku: _Optional[str] = ..., sclk_range: _Optional[str] = ..., mclk_range: _Optional[str] = ...) -> None: ...
    class Trainium(_message.Message):
        __slots__ = ("name", "vendor", "neuron_device_count", "neuroncore_per_device_count")
        NAME_FIELD_NUMBER: _ClassVar[int]
        VENDOR_FIELD_NUMBER: _ClassVar[int]
        NEURON_DEVICE_COUNT_FIELD_NUMBER: _ClassVar[int]
        NEURONCORE_PER_DEVICE_COUNT_FIELD_NUMBER: _ClassVar[int]
        name: str
        vendor: str
        neuron_device_count: int
        neuroncore_per_device_count: int
        def __init__(self, name: _Optional[str] = ..., vendor: _Optional[str] = ..., neuron_device_count: _Optional[int] = ..., neuroncore_per_device_count: _Optional[int] = ...) -> None: ...
    class Tpu(_message.Message):
        __slots__ = ("name", "hbm_gib", "devices_per_chip", "count")
        NAME_FIELD_NUMBER: _ClassVar[int]
        HBM_GIB_FIELD_NUMBER: _ClassVar[int]
        DEVICES_PER_CHIP_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        name: str
        hbm_gib: int
        devices_per_chip: int
        count: int
        def __init__(self, name: _Optional[str] = ..., hbm_gib: _Optional[int] = ..., devices_per_chip: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...
    class CoreWeave(_message.Message):
        __slots__ = ("cluster_name", "org_id", "region")
        CLUSTER_NAME_FIELD_NUMBER: _ClassVar[int]
        ORG_ID_FIELD_NUMBER: _ClassVar[int]
        REGION_FIELD_NUMBER: _ClassVar[int]
        cluster_name: str
        org_id: str
        region: str
        def __init__(self, cluster_name: _Optional[str] = ..., org_id: _Optional[str] = ..., region: _Optional[str] = ...) -> None: ...
    class DiskEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Environment.Disk
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Environment.Disk, _Mapping]] = ...) -> None: ...
    class SlurmEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    OS_FIELD_NUMBER: _ClassVar[int]
    PYTHON_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    DOCKER_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    CODE_PATH_FIELD_NUMBER: _ClassVar[int]
    CODE_PATH_LOCAL_FIELD_NUMBER: _ClassVar[int]
    GIT_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_FIELD_NUMBER: _ClassVar[int]
    COLAB_FIELD_NUMBER: _ClassVar[int]
    CPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    CPU_COUNT_LOGICAL_FIELD_NUMBER: _ClassVar[int]
    GPU_TYPE_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    DISK_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    CPU_FIELD_NUMBER: _ClassVar[int]
    APPLE_FIELD_NUMBER: _ClassVar[int]
    GPU_NVIDIA_FIELD_NUMBER: _ClassVar[int]
    CUDA_VERSION_FIELD_NUMBER: _ClassVar[int]
    GPU_AMD_FIELD_NUMBER: _ClassVar[int]
    SLURM_FIELD_NUMBER: _ClassVar[int]
    TRAINIUM_FIELD_NUMBER: _ClassVar[int]
    TPU_FIELD_NUMBER: _ClassVar[int]
    COREWEAVE_FIELD_NUMBER: _ClassVar[int]
    WRITER_ID_FIELD_NUMBER: _ClassVar[int]
    os: str
    python: str
    started_at: Instant
    docker: str
    args: _containers.RepeatedScalarFieldContainer[str]
    program: str
    code_path: str
    code_path_local: str
    git: Git
    email: str
    root: str
    host: str
    username: str
    executable: str
    colab: str
    cpu_count: int
    cpu_count_logical: int
    gpu_type: str
    gpu_count: int
    disk: _containers.MessageMap[str, Environment.Disk]
    memory: Environment.Memory
    cpu: Environment.Cpu
    apple: Environment.Apple
    gpu_nvidia: _containers.RepeatedCompositeFieldContainer[Environment.Nvidia]
    cuda_version: str
    gpu_amd: _containers.RepeatedCompositeFieldContainer[Environment.Amd]
    slurm: _containers.ScalarMap[str, str]
    trainium: Environment.Trainium
    tpu: Environment.Tpu
    coreweave: Environment.CoreWeave
    writer_id: str
    def __init__(self, os: _Optional[str] = ..., python: _Optional[str] = ..., started_at: _Optional[_Union[Instant, _Mapping]] = ..., docker: _Optional[str] = ..., args: _Optional[_Iterable[str]] = ..., program: _Optional[str] = ..., code_path: _Optional[str] = ..., code_path_local: _Optional[str] = ..., git: _Optional[_Union[Git, _Mapping]] = ..., email: _Optional[str] = ..., root: _Optional[str] = ..., host: _Optional[str] = ..., username: _Optional[str] = ..., executable: _Optional[str] = ..., colab: _Optional[str] = ..., cpu_count: _Optional[int] = ..., cpu_count_logical: _Optional[int] = ..., gpu_type: _Optional[str] = ..., gpu_count: _Optional[int] = ..., disk: _Optional[_Mapping[str, Environment.Disk]] = ..., memory: _Optional[_Union[Environment.Memory, _Mapping]] = ..., cpu: _Optional[_Union[Environment.Cpu, _Mapping]] = ..., apple: _Optional[_Union[Environment.Apple, _Mapping]] = ..., gpu_nvidia: _Optional[_Iterable[_Union[Environment.Nvidia, _Mapping]]] = ..., cuda_version: _Optional[str] = ..., gpu_amd: _Optional[_Iterable[_Union[Environment.Amd, _Mapping]]] = ..., slurm: _Optional[_Mapping[str, str]] = ..., trainium: _Optional[_Union[Environment.Trainium, _Mapping]] = ..., tpu: _Optional[_Union[Environment.Tpu, _Mapping]] = ..., coreweave: _Optional[_Union[Environment.CoreWeave, _Mapping]] = ..., writer_id: _Optional[str] = ...) -> None: ...
