# mypy: disable-error-code="type-arg"
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Event(_message.Message):
    __slots__ = ("wall_time", "step", "file_version", "graph_def", "summary", "log_message", "session_log", "tagged_run_metadata", "meta_graph_def")
    WALL_TIME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    FILE_VERSION_FIELD_NUMBER: _ClassVar[int]
    GRAPH_DEF_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LOG_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SESSION_LOG_FIELD_NUMBER: _ClassVar[int]
    TAGGED_RUN_METADATA_FIELD_NUMBER: _ClassVar[int]
    META_GRAPH_DEF_FIELD_NUMBER: _ClassVar[int]
    wall_time: float
    step: int
    file_version: str
    graph_def: bytes
    summary: Summary
    log_message: bytes
    session_log: SessionLog
    tagged_run_metadata: bytes
    meta_graph_def: bytes
    def __init__(self, wall_time: _Optional[float] = ..., step: _Optional[int] = ..., file_version: _Optional[str] = ..., graph_def: _Optional[bytes] = ..., summary: _Optional[_Union[Summary, _Mapping]] = ..., log_message: _Optional[bytes] = ..., session_log: _Optional[_Union[SessionLog, _Mapping]] = ..., tagged_run_metadata: _Optional[bytes] = ..., meta_graph_def: _Optional[bytes] = ...) -> None: ...

class SessionLog(_message.Message):
    __slots__ = ("status",)
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNSPECIFIED: _ClassVar[SessionLog.Status]
        START: _ClassVar[SessionLog.Status]
        STOP: _ClassVar[SessionLog.Status]
        CHECKPOINT: _ClassVar[SessionLog.Status]
    UNSPECIFIED: SessionLog.Status
    START: SessionLog.Status
    STOP: SessionLog.Status
    CHECKPOINT: SessionLog.Status
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: SessionLog.Status
    def __init__(self, status: _Optional[_Union[SessionLog.Status, str]] = ...) -> None: ...

class Summary(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, value: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class Value(_message.Message):
    __slots__ = ("tag", "metadata", "simple_value", "image", "histo", "audio", "tensor")
    TAG_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SIMPLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    HISTO_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    TENSOR_FIELD_NUMBER: _ClassVar[int]
    tag: str
    metadata: Metadata
    simple_value: float
    image: Image
    histo: Histogram
    audio: Audio
    tensor: Tensor
    def __init__(self, tag: _Optional[str] = ..., metadata: _Optional[_Union[Metadata, _Mapping]] = ..., simple_value: _Optional[float] = ..., image: _Optional[_Union[Image, _Mapping]] = ..., histo: _Optional[_Union[Histogram, _Mapping]] = ..., audio: _Optional[_Union[Audio, _Mapping]] = ..., tensor: _Optional[_Union[Tensor, _Mapping]] = ...) -> None: ...

class Metadata(_message.Message):
    __slots__ = ("plugin",)
    class Plugin(_message.Message):
        __slots__ = ("name", "content")
        NAME_FIELD_NUMBER: _ClassVar[int]
        CONTENT_FIELD_NUMBER: _ClassVar[int]
        name: str
        content: bytes
        def __init__(self, name: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    plugin: Metadata.Plugin
    def __init__(self, plugin: _Optional[_Union[Metadata.Plugin, _Mapping]] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("height", "width", "encoded")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    ENCODED_FIELD_NUMBER: _ClassVar[int]
    height: int
    width: int
    encoded: bytes
    def __init__(self, height: _Optional[int] = ..., width: _Optional[int] = ..., encoded: _Optional[bytes] = ...) -> None: ...

class Audio(_message.Message):
    __slots__ = ("sample_rate", "frames", "encoded", "content_type")
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    ENCODED_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    sample_rate: float
    frames: int
    encoded: bytes
    content_type: str
    def __init__(self, sample_rate: _Optional[float] = ..., frames: _Optional[int] = ..., encoded: _Optional[bytes] = ..., content_type: _Optional[str] = ...) -> None: ...

class Histogram(_message.Message):
    __slots__ = ("min", "max", "bucket_limit", "bucket")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    BUCKET_LIMIT_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    min: float
    max: float
    bucket_limit: _containers.RepeatedScalarFieldContainer[float]
    bucket: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, min: _Optional[float] = ..., max: _Optional[float] = ..., bucket_limit: _Optional[_Iterable[float]] = ..., bucket: _Optional[_Iterable[float]] = ...) -> None: ...

class Tensor(_message.Message):
    __slots__ = ("dtype", "shape", "content", "float_val", "double_val", "int_val", "string_val", "int64_val", "bool_val")
    class Shape(_message.Message):
        __slots__ = ("dim",)
        class Dim(_message.Message):
            __slots__ = ("size",)
            SIZE_FIELD_NUMBER: _ClassVar[int]
            size: int
            def __init__(self, size: _Optional[int] = ...) -> None: ...
        DIM_FIELD_NUMBER: _ClassVar[int]
        dim: _containers.RepeatedCompositeFieldContainer[Tensor.Shape.Dim]
        def __init__(self, dim: _Optional[_Iterable[_Union[Tensor.Shape.Dim, _Mapping]]] = ...) -> None: ...
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    FLOAT_VAL_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_VAL_FIELD_NUMBER: _ClassVar[int]
    INT_VAL_FIELD_NUMBER: _ClassVar[int]
    STRING_VAL_FIELD_NUMBER: _ClassVar[int]
    INT64_VAL_FIELD_NUMBER: _ClassVar[int]
    BOOL_VAL_FIELD_NUMBER: _ClassVar[int]
    dtype: int
    shape: Tensor.Shape
    content: bytes
    float_val: _containers.RepeatedScalarFieldContainer[float]
    double_val: _containers.RepeatedScalarFieldContainer[float]
    int_val: _containers.RepeatedScalarFieldContainer[int]
    string_val: _containers.RepeatedScalarFieldContainer[bytes]
    int64_val: _containers.RepeatedScalarFieldContainer[int]
    bool_val: _containers.RepeatedScalarFieldContainer[bool]
    def __init__(self, dtype: _Optional[int] = ..., shape: _Optional[_Union[Tensor.Shape, _Mapping]] = ..., content: _Optional[bytes] = ..., float_val: _Optional[_Iterable[float]] = ..., double_val: _Optional[_Iterable[float]] = ..., int_val: _Optional[_Iterable[int]] = ..., string_val: _Optional[_Iterable[bytes]] = ..., int64_val: _Optional[_Iterable[int]] = ..., bool_val: _Optional[_Iterable[bool]] = ...) -> None: ...

class HParams(_message.Message):
    __slots__ = ("session_start",)
    class Start(_message.Message):
        __slots__ = ("hparams",)
        class HparamsEntry(_message.Message):
            __slots__ = ("key", "value")
            KEY_FIELD_NUMBER: _ClassVar[int]
            VALUE_FIELD_NUMBER: _ClassVar[int]
            key: str
            value: HParam
            def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[HParam, _Mapping]] = ...) -> None: ...
        HPARAMS_FIELD_NUMBER: _ClassVar[int]
        hparams: _containers.MessageMap[str, HParam]
        def __init__(self, hparams: _Optional[_Mapping[str, HParam]] = ...) -> None: ...
    SESSION_START_FIELD_NUMBER: _ClassVar[int]
    session_start: HParams.Start
    def __init__(self, session_start: _Optional[_Union[HParams.Start, _Mapping]] = ...) -> None: ...

class HParam(_message.Message):
    __slots__ = ("number", "text", "boolean")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_FIELD_NUMBER: _ClassVar[int]
    number: float
    text: str
    boolean: bool
    def __init__(self, number: _Optional[float] = ..., text: _Optional[str] = ..., boolean: _Optional[bool] = ...) -> None: ...
