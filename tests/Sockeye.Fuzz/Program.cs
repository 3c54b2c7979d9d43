using SharpFuzz;
using Sockeye.Fuzz;

const int MaxInput = 600; // longer ones find nothing more here, and make afl slow

switch (args)
{
    case ["list"]:
        foreach (var each in FuzzTargets.All)
            Console.WriteLine(each);
        return 0;

    // Under afl-fuzz: one input after another from standard input.
    case ["fuzz", var name]:
        FuzzTarget? fuzzed = null;
        Fuzzer.Run(stream =>
        {
            // In here, since instrumented code cannot run before afl's memory is there.
            fuzzed ??= FuzzTargets.Find(name);
            using var input = new MemoryStream();
            stream.CopyTo(input);
            fuzzed.Check(input.ToArray()[..(int)Math.Min(input.Length, MaxInput)]);
        });
        return 0;

    // The text corpus as files, as afl wants it.
    case ["unpack", var name, var corpus, var folder]:
        Directory.CreateDirectory(folder);
        foreach (var (number, input) in Corpus.Read(corpus, FuzzTargets.Find(name)).Index())
            File.WriteAllBytes(Path.Combine(folder, $"{number:0000}"), input);
        return 0;

    // Files, as afl leaves them, into the text corpus, which keeps nothing else.
    case ["pack", var name, var corpus, var folder]:
        var files = Directory.EnumerateFiles(folder).Select(File.ReadAllBytes).Where(input => input.Length <= MaxInput);
        Corpus.Write(corpus, FuzzTargets.Find(name), files);
        return 0;

    // One file, to see what it breaks.
    case ["check", var name, var file]:
        FuzzTargets.Find(name).Check(File.ReadAllBytes(file));
        Console.WriteLine("It keeps all promises.");
        return 0;

    default:
        Console.Error.WriteLine(
            "list | fuzz TARGET | unpack TARGET CORPUS FOLDER | pack TARGET CORPUS FOLDER | check TARGET FILE\n"
            + "See tests/Sockeye.Fuzz/run.");
        return 2;
}
