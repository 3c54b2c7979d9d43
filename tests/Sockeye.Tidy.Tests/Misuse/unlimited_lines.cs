// error CS7036: Everything has a limit. A peer that never sends a line feed must not fill the memory.
using Sockeye;

var lines = Codec.Lines();
Console.WriteLine(lines);
