import type { Responder } from "../responder/responder";
import type { ConversationStore } from "../storage/store";
import { Conversation } from "./Conversation";
import { Notice } from "./Notice";
import { useOpening } from "./useOpening";
import { useSoleTab } from "./useSoleTab";

interface Props {
  readonly responder: Responder;
  readonly store: Promise<ConversationStore>;
}

/** The whole app, in the one tab that holds the conversation. */
export function App(props: Props) {
  const [sole, takeOver] = useSoleTab();
  switch (sole) {
    case undefined:
      return null;
    case true:
      return <OpenConversation {...props} />;
    case false:
      return (
        <Notice
          title="Open in another tab"
          text="The conversation goes on there, so that nothing is said twice."
          action="Use Here"
          onAction={takeOver}
        />
      );
  }
}

function OpenConversation({ responder, store }: Props) {
  const [opening, retry] = useOpening(responder, store);
  switch (opening.name) {
    case "opening":
      return null;
    case "unreachable":
      return (
        <Notice
          title={opening.failure.problem}
          text={opening.failure.remedy}
          action="Try Again"
          onAction={retry}
        />
      );
    case "open":
      return (
        <Conversation
          bot={opening.bot}
          stored={opening.messages}
          responder={responder}
          store={opening.store}
        />
      );
  }
}
