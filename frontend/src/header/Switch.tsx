import "./Switch.css";

interface Props {
  readonly label: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

/** A row with a switch at its end. */
export function Switch({ label, on, onChange }: Props) {
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={on}
      onClick={() => {
        onChange(!on);
      }}
    >
      {label}
      <span className="switch-track" aria-hidden="true" />
    </button>
  );
}
