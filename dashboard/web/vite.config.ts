import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The server gives the page from its own package, and answers below /api; `npm run dev` asks a server that runs already.
export default defineConfig({
  plugins: [react()],
  build: { outDir: "../chiplog_dashboard/page", emptyOutDir: true, assetsInlineLimit: 0 },
  server: { proxy: { "/api": "http://127.0.0.1:8090" } },
});
