import { memo } from "react";
import { stamp } from "../conversation/stamps";
import "./TimeStamp.css";

interface Props {
  readonly at: number;
  readonly today: number;
}

/** **Today** 2:32 PM */
export const TimeStamp = memo(function TimeStamp({ at, today }: Props) {
  const { day, time } = stamp(at, today);
  return (
    <div className="stamp" data-row="" aria-live="off">
      <time dateTime={new Date(at).toISOString()}>
        <strong>{day}</strong> {time}
      </time>
    </div>
  );
});
