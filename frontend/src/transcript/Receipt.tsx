import type { ReceiptState } from "../conversation/rows";
import { readTime } from "../conversation/stamps";
import type { Failure } from "../responder/responder";
import "./Receipt.css";

interface Props {
  readonly receipt: ReceiptState;
  readonly today: number;
  readonly failure: Failure | null | undefined;
  readonly onRetry: () => void;
}

/** The line under the latest sent message: Delivered, Read 2:33 PM, or Not Delivered. */
export function Receipt({ receipt, today, failure, onRetry }: Props) {
  switch (receipt.kind) {
    case "delivered":
      return (
        <div className="receipt" aria-live="off">
          Delivered
        </div>
      );
    case "read":
      return (
        <div className="receipt" aria-live="off">
          <strong>Read</strong> {readTime(receipt.at, today)}
        </div>
      );
    case "failed":
      return (
        <div className="receipt">
          <button type="button" className="not-delivered" title="Try again" onClick={onRetry}>
            Not Delivered
          </button>
          {failure && (
            <p className="why">
              {failure.problem} {failure.remedy}
            </p>
          )}
        </div>
      );
  }
}
