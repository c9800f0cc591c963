import type { Message } from "../conversation/message";
import type { BotCard } from "../responder/responder";
import type { ConversationStore } from "./store";

const DATABASE = "elvisbot";
const VERSION = 2;
const MESSAGES = "messages";
const CARDS = "cards";
const LATEST = "latest";

/** One row: where a message stands in which conversation. */
interface StoredMessage {
  readonly bot: string;
  readonly position: number;
  readonly message: Message;
}

/** @throws {DOMException} if this browser refuses to store anything. */
export async function openIndexedDb(): Promise<ConversationStore> {
  const database = await open();
  return {
    async load(bot) {
      const rows = database
        .transaction(MESSAGES, "readonly")
        .objectStore(MESSAGES)
        .getAll(from(bot, 0)) as IDBRequest<StoredMessage[]>;
      return (await result(rows)).map((row) => row.message);
    },

    async save(bot, position, tail) {
      const transaction = database.transaction(MESSAGES, "readwrite");
      const messages = transaction.objectStore(MESSAGES);
      messages.delete(from(bot, position));
      tail.forEach((message, index) => {
        messages.put({ bot, position: position + index, message } satisfies StoredMessage);
      });
      await completed(transaction);
    },

    card() {
      const cards = database.transaction(CARDS, "readonly").objectStore(CARDS);
      return result(cards.get(LATEST) as IDBRequest<BotCard | undefined>);
    },

    async keepCard(card) {
      const transaction = database.transaction(CARDS, "readwrite");
      transaction.objectStore(CARDS).put(card, LATEST);
      await completed(transaction);
    },
  };
}

/** The keys of a conversation from a position on; an array sorts after every number. */
function from(bot: string, position: number): IDBKeyRange {
  return IDBKeyRange.bound([bot, position], [bot, []]);
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, VERSION);
  request.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion < 1) {
      request.result.createObjectStore(MESSAGES, { keyPath: ["bot", "position"] });
    }
    if (oldVersion < 2) request.result.createObjectStore(CARDS);
  };
  const database = await result(request);
  // A newer version of the app in another tab may need to upgrade the database.
  database.onversionchange = () => {
    database.close();
  };
  return database;
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("IndexedDB gave no reason"));
    };
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new Error("IndexedDB gave no reason"));
    };
  });
}
