"""What WhatsApp writes into the chats that it exports, in the languages it is most used in.

It never writes the same in two languages, and nothing marks what it wrote except, on an iPhone, a
mark of direction. So these are lists. They are compared without capitals, brackets, marks of
direction and final stops. The wordings are those of the app itself, as its exports show them.
"""

import re
from typing import Final

from elvisbot.conversation import Placeholder

_MARKS: Final = dict.fromkeys(
    [*map(ord, "\u200b\u200e\u200f\u061c\ufeff"), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


def plain(text: str) -> str:
    """A text as the lists here spell it."""
    bare = " ".join(text.translate(_MARKS).split()).removeprefix("<").removesuffix(">")
    return bare.strip().rstrip(".。।").strip().casefold()


def _listed(*lines: str) -> frozenset[str]:
    return frozenset(plain(each) for line in lines for each in line.split("|"))


_MEDIA: Final = _listed(
    "Media omitted|Medien ausgeschlossen|Medien weggelassen|Multimedia omitido|Archivo omitido",
    "Médias omis|Fichier omis|Média omis|Media omessi|Media omesso|Mídia oculta|Mídia omitida",
    "Arquivo de mídia oculto|Ficheiro não revelado|Ficheiros não revelados|Media weggelaten",
    "Medya dahil edilmedi|Medya atlanmış|Pominięto multimedia|Pliki pominięto",
    "Без медиафайлов|Файл пропущен|Медиа отсутствует|Медіа пропущено|Медіафайли відсутні",
    "تم استبعاد الوسائط|मीडिया के बिना|मीडिया हटाया गया|メディアなし|メディアは含まれていません",
    "省略多媒体文件|媒体文件已省略|忽略多媒體檔|已忽略多媒體檔案|미디어 파일 제외됨",
    "미디어 파일을 생략한 대화내용",
    "Media tidak disertakan|Media dikecualikan|Bỏ qua tệp phương tiện|Bỏ qua Media|สื่อถูกลบ",
    "ไฟล์สื่อถูกลบ|Média vynechány|Média vynechána|Médiá vynechané|Média elhagyva|Hiányzó médiafájl",
    "Conținut media omis|Media har utelämnats|Media utelämnat|Medier udeladt|Mediefil udeladt",
    "Media utelatt|Uten vedlegg|Media jätettiin pois|Media jätetty pois|Εξαίρεση πολυμέσων",
    "המדיה לא נכללה|מדיה הושמטה|رسانه حذف شد|میڈیا چھوڑ دیا گیا|মিডিয়া বাদ দেওয়া হয়েছে",
    "Fitxers multimèdia omesos|Mitjans omesos|Medijski zapis izostavljen|медији су изостављени",
)
_PICTURES: Final = _listed(
    "image omitted|Bild weggelassen|imagen omitida|image absente|immagine omessa|imagem ocultada",
    "imagem oculta|imagem não revelada|afbeelding weggelaten|görüntü dahil edilmedi",
    "obraz pominięty|изображение отсутствует|зображення відсутнє|لم يتم إدراج الصورة",
    "फ़ोटो हटाई गई",
    "画像は含まれていません|照片已忽略|圖片已略去|圖像已省略|이미지 생략됨",
    "gambar tidak disertakan",
    "imej tidak dimasukkan|đã bỏ qua hình ảnh|ไม่มีรูปภาพ|obrázek vynechán|obrázok vynechaný",
    "kép küldése sikertelen|imagine omisă|bild utesluten|billede udeladt|bilde ikke inkludert",
    "ei kuvaa|εικόνα παραλείφθηκε|התמונה הושמטה|تصویر حذف شد|imatge omesa|slika izostavljena",
    # GIFs are looped pictures to those who send them, though their files are videos.
    "GIF omitted|GIF weggelassen|GIF omitido|GIF retiré|GIF esclusa|GIF não revelada",
    "GIF weggelaten",
    "GIF dahil edilmedi|plik GIF pominięty|GIF отсутствует|GIF-анімацію пропущено",
    "لم يتم إدراج صورة GIF|GIF छोड़ा गया|GIFは含まれていません|GIF 动态图已被忽略|GIF 已略去",
    "GIF 圖片已被省略|GIF 생략됨|GIF tidak disertakan|GIF vynechán|GIF utesluten|GIF udeladt",
    "GIF utelatt|GIF omis",
)
_VIDEOS: Final = _listed(
    "video omitted|video note omitted|Video weggelassen|Videonachricht weggelassen|video omitido",
    "Videonotiz weggelassen|vídeo omitido|vidéo absente|video omesso|vídeo ocultado|vídeo oculto",
    "vídeo não revelado|video weggelaten|video dahil edilmedi|video notu dahil edilmedi",
    "wideo pominięte|видео отсутствует|видеозаметка опущена|відео відсутнє",
    "لم يتم إدراج الفيديوهات|वीडियो छोड़ा गया|ビデオは含まれていません|视频已忽略|影片已略去",
    "影片已省略",
    "비디오 생략됨|video tidak disertakan|video tidak dimasukkan|đã bỏ video|วิดีโอถูกลบ",
    "video vynecháno|video vynechané|videó kihagyva|clip video omis|video utesluten",
    "video udeladt",
    "video utelatt|videota ei sisällytetä|βίντεο παραλείφθηκε|סרטון הווידאו הושמט|ویدیو حذف شد",
)
_VOICES: Final = _listed(
    "audio omitted|view once voice message omitted|Audio weggelassen|audio omitido|audio omis",
    "audio omesso|il messaggio vocale visualizzabile una volta è stato omesso|áudio ocultado",
    "áudio oculto|ficheiro de áudio não revelado|audio weggelaten|ses dahil edilmedi",
    "ses kaydı dahil edilmedi|sesli mesaj dahil edilmedi|audio pominięte|аудиофайл отсутствует",
    "аудіо відсутнє|لم يتم إدراج المقاطع الصوتية|ऑडियो हटाई गयी|音声は含まれていません",
    "音频已忽略",
    "音訊已略去|音訊已省略|오디오 생략됨|audio tidak disertakan|bỏ qua tệp âm thanh|ไม่มีไฟล์เสียง",
    "zvukový soubor vynechán|zvuk vynechaný|hang kihagyása|fără audio|ljud utelslutet",
    "lyd udeladt",
    "lyd utelatt|äänitiedostoa ei sisällytetä|ήχος παραλείφθηκε|קטע קול הושמט|صدا حذف شد",
)
_STICKERS: Final = _listed(
    "sticker omitted|Sticker weggelassen|sticker omitido|sticker omis|sticker non incluso",
    "figurinha omitida|sticker não revelado|sticker weggelaten|çıkartma dahil edilmedi",
    "sticker dahil edilmedi|pominięto naklejkę|стикер не добавлен|наклейку не додано",
    "تم حذف الملصقات|स्टिकर छोड़ा गया|スタンプは含まれていません|贴图已省略|貼圖已略去|貼圖已忽略",
    "스티커 제외됨|stiker tidak disertakan|đã bỏ sticker|ไม่มีสติกเกอร์|nálepka vynechána",
    "nálepka vynechaná|matrica kihagyva|sticker utesluten|klistermærke udeladt",
    "klistremerke utelatt|tarraa ei sisällytetty|αυτοκόλλητο παραλήφθηκε|סטיקר הושמט",
)
_FILES: Final = _listed(
    "document omitted|Dokument weggelassen|documento omitido|document manquant|documento omesso",
    "documento não revelado|document weggelaten|belge dahil edilmedi|dokument pominięty",
    "документ отсутствует|документ пропущено|لم يتم إدراج المستند|डॉक्यूमेंट छोड़ा गया",
    "ドキュメントは含まれていません|文档已省略|文件已略去|文件已忽略|문서 생략됨",
    "dokumen tidak disertakan|đã bỏ qua tài liệu|ละเว้นเอกสาร|dokument vynechán",
    "dokument vynechaný",
    "dokumentum kihagyva|document omis|dokument uteslutet|dokument udeladt|utelatt dokument",
    "dokumenttia ei sisällytetä|έγγραφο παραλείφθηκε|מסמך הושמט|سند حذف شد",
)
_CONTACTS: Final = _listed(
    "contact card omitted|Kontaktkarte ausgelassen|Kontaktkarte weggelassen",
    "fiche contact manquante",
    "tarjeta de contacto omitida|scheda contatto omessa|cartão do contato omitido",
    "contacto não revelado|visitekaartje weggelaten|kişi kartı dahil edilmedi",
    "pominięta wizytówka kontaktu|карточка контакта отсутствует|картка контакту відсутня",
    "لم يتم إدراج بطاقة جهة اتصال|कॉन्टैक्ट कार्ड छोड़ा गया|連絡先カードを省略|联系人卡片已忽略",
    "聯絡人卡片已略去|聯絡人卡片已省略|연락처 카드 생략됨|kartu kontak tidak disertakan",
    "bỏ qua thẻ liên lạc|vizitka vynechána|kontaktkort uteslutet|kontaktkort udeladt",
)
_LIVE_LOCATIONS: Final = _listed(
    "live location shared|Live-Standort wird geteilt|ubicación en tiempo real compartida",
    "Localisation en direct partagée|posizione attuale condivisa|localização atual compartilhada",
    "está a partilhar a sua localização|live locatie gedeeld|mevcut konum paylaşıldı",
    "udostępniona transmisja położenia|геоданные отправлены|تمت مشاركة الموقع المباشر",
    "लाइव स्थान साझा किया गया|ライブロケーション共有|共享实时位置|實時位置已分享",
    "공유한 실시간 위치",
)
_MISSED_CALLS: Final = _listed(
    "missed voice call|missed video call|missed group voice call|missed group video call",
    "verpasster Sprachanruf|verpasster Videoanruf|llamada perdida|llamada de voz perdida",
    "videollamada perdida|appel vocal manqué|appel vidéo manqué|chiamata vocale persa",
    "videochiamata persa|chamada de voz perdida|chamada de vídeo perdida|videochamada perdida",
    "ligação de voz perdida|ligação de vídeo perdida|gemist spraakgesprek|gemiste spraakoproep",
    "gemist videogesprek|gemiste video-oproep|cevapsız sesli arama|cevapsız görüntülü arama",
    "nieodebrane połączenie głosowe|nieodebrane połączenie wideo|nieodebrane połączenie",
    "nieodebrane poł. głosowe|nieodebrane poł. wideo|пропущенный аудиозвонок",
    "пропущенный видеозвонок|пропущений аудіодзвінок|пропущений відеодзвінок",
    "مكالمة صوتية فائتة|مكالمة فيديو فائتة|मिस्ड वॉइस कॉल|मिस्ड वीडियो कॉल|वॉइस कॉल मिस हुई",
    "不在着信|音声通話不在着信|ビデオ通話不在着信|未接语音通话|未接视频通话|未接語音通話",
    "未接視訊通話",
    "未接視像通話|부재중 전화|부재중 영상통화|panggilan suara tak terjawab",
    "panggilan video tak terjawab|cuộc gọi nhỡ|สายที่ไม่ได้รับ|zmeškaný hovor|zmeškaný videohovor",
)

OMITTED: Final[dict[str, Placeholder]] = {
    # A phone with Android does not say what it left out; most often it was a picture.
    **dict.fromkeys(_MEDIA | _PICTURES, "picture"),
    **dict.fromkeys(_VIDEOS, "video"),
    **dict.fromkeys(_VOICES, "voice message"),
    **dict.fromkeys(_STICKERS, "sticker"),
    **dict.fromkeys(_FILES, "file"),
    **dict.fromkeys(_CONTACTS, "contact"),
    **dict.fromkeys(_LIVE_LOCATIONS, "location"),
    **dict.fromkeys(_MISSED_CALLS, "call"),
}
"""What stands in place of something else."""

LEFT_OUT: Final = re.compile(
    r"(?:\S+ ){1,4}"
    "(?:omitted|weggelassen|ausgelassen|ausgeschlossen|omitid[oa]|omis(?:e|es)?|absente?|manquante?"
    "|retirée?|omess[oaie]|esclus[oaie]|non inclus[oaie]|ocultad[oa]|ocult[oa]|não revelad[oa]"
    "|weggelaten|dahil edilmedi|pominięt[yaeo]|отсутствуют?|опущен[оаы]?|не добавлен[оаы]?"
    "|пропущено|не додано|відсутн(?:ій|я|є)|tidak disertakan|tidak dimasukkan|vynech[aá]n[oaéý]?"
    "|kihagyva|omisă|utesluten|uteslutet|utelämnats?|udeladt|utelatt|ei sisällytett?[yä]"
    "|παραλείφθηκε|הושמטה?|حذف شد|생략됨|제외됨)"
)
"""How the app says that something was left out, whatever it calls that, where this comes last."""

CALLS: Final = tuple(
    _listed(
        "voice call|video call|silenced voice call|silenced video call|Sprachanruf|Videoanruf",
        "llamada|videollamada|appel vocal|appel vidéo|chiamata vocale|videochiamata",
        "chamada de voz",
        "chamada de vídeo|videochamada|ligação de voz|ligação de vídeo|spraakoproep",
        "spraakgesprek",
        "video-oproep|videogesprek|sesli arama|görüntülü arama|połączenie głosowe",
        "połączenie wideo",
        "аудиозвонок|видеозвонок|аудіодзвінок|відеодзвінок|مكالمة صوتية|مكالمة فيديو|वॉइस कॉल",
        "वीडियो कॉल|音声通話|ビデオ通話|语音通话|视频通话|語音通話|視訊通話|視像通話|음성통화",
        "영상통화",
    )
    | _MISSED_CALLS
)
"""What the app's own words on a call begin with."""

DELETED: Final = _listed(
    "This message was deleted|You deleted this message|Diese Nachricht wurde gelöscht",
    "Du hast diese Nachricht gelöscht|Se eliminó este mensaje|Eliminaste este mensaje",
    "Este mensaje fue eliminado|Has eliminado este mensaje|Ce message a été supprimé",
    "Vous avez supprimé ce message|Questo messaggio è stato eliminato",
    "Hai eliminato questo messaggio|Esta mensagem foi apagada|Mensagem apagada",
    "Esta mensagem foi apagada pelo remetente|Você apagou esta mensagem|Apagou esta mensagem",
    "Dit bericht is verwijderd|U hebt dit bericht verwijderd|Je hebt dit bericht verwijderd",
    "Bu mesaj silindi|Bu mesajı sildiniz|Ta wiadomość została usunięta",
    "Usunąłeś(-ęłaś) tę wiadomość|Usunąłeś(aś) tę wiadomość|Usunięto tę wiadomość",
    "Данное сообщение удалено|Сообщение удалено|Вы удалили данное сообщение",
    "Вы удалили это сообщение|Це повідомлення було видалено|Ви видалили це повідомлення",
    "تم حذف هذه الرسالة|لقد حذفت هذه الرسالة|لقد حذَفت هذه الرسالة|أنت حذفت هذه الرسالة",
    "यह मैसेज डिलीट कर दिया गया है|यह मैसेज डिलीट किया गया था|आपने यह मैसेज डिलीट किया",
    "यह संदेश मिटाया गया|आपने यह संदेश मिटाया|このメッセージは削除されました",
    "このメッセージを削除しました|这条消息已被删除|您已删除这条消息|此消息已删除|你删除了此消息",
    "此訊息已刪除|您已刪除此訊息|你已刪除此訊息|이 메시지는 삭제되었습니다",
    "이 메시지를 삭제했습니다",
    "삭제한 메시지입니다|Pesan ini dihapus|Pesan ini telah dihapus|Anda menghapus pesan ini",
    "Mesej ini telah dipadam|Tin nhắn này đã bị xóa|Bạn đã xóa tin nhắn này|ข้อความนี้ถูกลบแล้ว",
    "คุณได้ลบข้อความนี้|Tato zpráva byla smazána|Tuto zprávu jste smazal/a",
    "Táto správa bola odstránená",
    "Ez az üzenet törlésre került|Törölted ezt az üzenetet|Acest mesaj a fost șters",
    "Ați șters acest mesaj|Det här meddelandet raderades|Du raderade det här meddelandet",
    "Denne besked er blevet slettet|Denne besked blev slettet|Du har slettet denne besked",
    "Denne meldingen ble slettet|Du slettet denne meldingen|Tämä viesti poistettiin",
    "Poistit tämän viestin|Αυτό το μήνυμα διαγράφηκε|Διαγράψατε αυτό το μήνυμα|הודעה זו נמחקה",
    "מחקת את ההודעה הזו|این پیام حذف شد|این پیام حذف شده است|Aquest missatge s'ha suprimit",
)

EDITED: Final = _listed(
    "This message was edited|Diese Nachricht wurde bearbeitet|Se editó este mensaje",
    "Este mensaje fue editado|Mensaje editado|Ce message a été modifié",
    "Questo messaggio è stato modificato|Messaggio modificato|Mensagem editada",
    "Esta mensagem foi editada|Dit bericht is bewerkt|Bu mesaj düzenlendi|Wiadomość edytowana",
    "Ta wiadomość została edytowana|Ta wiadomość została zmodyfikowana|Сообщение изменено",
    "Это сообщение изменено|Повідомлення змінено|تم تعديل هذه الرسالة|यह मैसेज एडिट किया गया है",
    "यह मैसेज एडिट किया गया|このメッセージは編集されました|此消息已编辑|这条消息已编辑",
    "此消息已被编辑",
    "此訊息已編輯|此訊息已被編輯|메시지가 수정되었습니다|Pesan ini diedit|ההודעה נערכה",
)

WAITING: Final = _listed(
    "Waiting for this message. This may take a while|Waiting for this message",
    "In attesa del messaggio",
    "Warte auf diese Nachricht. Dies kann etwas dauern|Esperando este mensaje",
)
"""What stands in place of a message that never came."""

ATTACHED: Final = _listed(
    "file attached|Datei angehängt|archivo adjunto|archivo adjuntado|fichier joint|file allegato",
    "arquivo anexado|ficheiro anexado|bestand bijgevoegd|dosya ekli|załączony plik",
    "plik załączony",
    "файл добавлен|файл прикреплен|файл додано|الملف مرفق|फाइल संलग्न|फाइल अटैच कर दी गई है",
    "添付ファイル有り|ファイル添付|文件附件|附件檔案|파일 첨부됨|file terlampir|fail dilampirkan",
    "tệp đính kèm|ไฟล์ที่แนบ|soubor byl přiložen|súbor pripojený|fájl csatolva|fișier atașat",
    "bifogad fil|fil vedhæftet|vedlagt fil|liitetiedosto|συνημμένο αρχείο|קובץ מצורף",
    "arxiu adjunt",
)
"""What stands in brackets behind the name of a file, with Android."""

NOTICES: Final = tuple(
    _listed(
        "Messages and calls are end-to-end encrypted",
        "Messages to this chat and calls are now secured",
        "Messages you send to this chat and calls are now secured|Your security code with",
        "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt|Nachrichten an diesen Chat",
        "Nachrichten, die du in diesem Chat sendest|Deine Sicherheitsnummer",
        "Los mensajes y las llamadas están cifrados|Cambió tu código de seguridad",
        "Les messages et les appels sont chiffrés|Les messages envoyés dans cette discussion",
        "Votre code de sécurité|I messaggi e le chiamate sono crittografati",
        "Il tuo codice di sicurezza",
        "As mensagens e as chamadas são protegidas|As mensagens e ligações são protegidas",
        "As mensagens e chamadas são encriptadas|Seu código de segurança",
        "O seu código de segurança",
        "Berichten en gesprekken worden end-to-end|Berichten en oproepen worden end-to-end",
        "Uw beveiligingscode|Je beveiligingscode|Mesajlar ve aramalar uçtan uca şifrelidir",
        "Wiadomości i połączenia są w pełni zaszyfrowane|Twój kod zabezpieczeń",
        "Сообщения и звонки защищены сквозным шифрованием|Ваш код безопасности",
        "الرسائل والمكالمات مشفرة|मैसेजेस और कॉल्स एंड-टू-एंड|मैसेज और कॉल एंड-टू-एंड",
        "メッセージと通話はエンドツーエンド|消息和通话都进行端到端加密|訊息和通話經端對端加密",
        "訊息已受端對端加密保護|메시지 및 전화는 종단간 암호화|메시지와 통화는 종단간 암호화",
        "Pesan dan panggilan terenkripsi|Повідомлення й дзвінки захищено",
    )
)
"""What the app's remarks on encryption begin with. In a chat exported by an iPhone, the other one
seems to have said them."""

IN_A_GROUP: Final = re.compile(
    "group|grup|groep|груп|مجموعة|समूह|ग्रुप|グループ|群|그룹|nhóm|กลุ่ม|skupin|csoport|ryhm|ομάδ"
    "|קבוצ|گروه|kumpulan"
    "|subject|betreff|asunto|oggetto|assunto|onderwerp|الموضوع|विषय|件名|主題|主题"
    r"|\byou added\b|\badded you\b|\byou were added\b|dich hinzugefügt|du wurdest hinzugefügt"
    "|te añadió|te agregó|vous a ajouté|ti ha aggiunto|adicionou você|te adicionou"
    "|je toegevoegd|sizi ekledi|dodał.* cię|добавил.* вас"
)
"""Words in the app's remarks that it makes in groups alone."""

FILE_NAMES: Final = re.compile(
    r"WhatsApp[- ]?Chat (?:with|mit|met|med|kay|-) (.+)|WhatsApp-chatt? (?:met|med) (.+)"
    r"|Chat (?:de )?WhatsApp (?:con|dengan|s uživatelem) (.+)|Discussion WhatsApp avec (.+)"
    r"|Conversa (?:do|no) WhatsApp com (.+)|(.+) ile WhatsApp Sohbeti|Czat WhatsApp z (.+)"
    r"|Чат WhatsApp с (?:контактом )?(.+)|Бесіда WhatsApp з (.+)|دردشة واتساب مع (.+)"
    r"|(.+) के साथ WhatsApp चैट|(.+)とのWhatsAppチャット|WhatsApp 与\s?(.+?)\s?的对话"
    r"|WhatsApp 與\s?(.+?)\s?的對話|与\s?(.+?)\s?的 ?WhatsApp ?聊天|與\s?(.+?)\s?的 ?WhatsApp ?對話"
    r"|(.+)님과의 WhatsApp 대화|Sembang WhatsApp dengan (.+)|Trò chuyện WhatsApp với (.+)"
    r"|แชท WhatsApp กับ (.+)|WhatsApp chat s používateľom (.+)|Conversație WhatsApp cu (.+)",
    re.IGNORECASE,
)
"""What the files are called that WhatsApp exports: after the other one."""
