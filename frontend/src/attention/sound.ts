let context: AudioContext | undefined;

/** Two short notes, made here, so that there is no file to fetch. */
export function chime(): void {
  context ??= new AudioContext();
  // Browsers keep it silent until the visitor has touched the page.
  void context.resume();
  note(context, 880, 0);
  note(context, 1318.5, 0.09);
}

function note(audio: AudioContext, hertz: number, after: number): void {
  const start = audio.currentTime + after;
  const tone = new OscillatorNode(audio, { type: "sine", frequency: hertz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.linearRampToValueAtTime(0.12, start + 0.01);
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.25);
  tone.connect(volume).connect(audio.destination);
  tone.start(start);
  tone.stop(start + 0.3);
}
