import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { keepOffline } from "./install/keepOffline";
import { serverResponder } from "./responder/server";
import { openStore } from "./storage/store";
import "./styles/theme.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <App responder={serverResponder} store={openStore()} />
  </StrictMode>,
);

if (import.meta.env.PROD) keepOffline();
