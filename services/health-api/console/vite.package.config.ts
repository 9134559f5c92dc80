// The hook and the badge alone, for other React apps; React itself is theirs.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    lib: { entry: "src/oauth-health/index.ts", formats: ["es"], fileName: "index", cssFileName: "badge" },
    copyPublicDir: false,
    rolldownOptions: { external: ["react", "react/jsx-runtime"] },
  },
});
