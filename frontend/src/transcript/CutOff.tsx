import type { Failure } from "../responder/responder";
import "./Receipt.css";

interface Props {
  readonly failure: Failure | null;
  readonly onRetry: () => void;
}

/** Stands under a reply of which only the first bubbles came. */
export function CutOff({ failure, onRetry }: Props) {
  return (
    <div className="cut-off">
      <button type="button" className="not-delivered" title="Try again" onClick={onRetry}>
        Reply interrupted
      </button>
      {failure && (
        <p className="why">
          {failure.problem} {failure.remedy}
        </p>
      )}
    </div>
  );
}
