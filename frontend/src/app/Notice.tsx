import "./Notice.css";

interface Props {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onAction: () => void;
}

/** Stands in for the conversation while it cannot be shown. */
export function Notice({ title, text, action, onAction }: Props) {
  return (
    <main className="notice-screen">
      <div role="alert">
        <h1>{title}</h1>
        <p>{text}</p>
      </div>
      <button type="button" className="text-button" onClick={onAction}>
        {action}
      </button>
    </main>
  );
}
