namespace Sockeye.Fuzz.Tests;

/// <summary>Replays what fuzzing has found, so that it stays fixed.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets { get; } = [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory, MemberData(nameof(Targets))]
    public void Every_input_of_the_corpus_keeps_the_promises_of_its_target(string name)
    {
        var target = FuzzTargets.Find(name);
        var inputs = Corpus.Read(Corpus.BuiltFolder, target).ToList();

        Assert.NotEmpty(inputs);
        target.Check([]);
        foreach (var input in inputs)
        {
            try
            {
                target.Check(input);
            }
            catch (Exception e)
            {
                Assert.Fail($"{name} breaks a promise on {Corpus.Escape(input)}: {e}");
            }
        }
    }

    [Fact]
    public void Every_file_of_the_corpus_belongs_to_a_target() => Assert.Equal(
        FuzzTargets.All.Select(Corpus.FileName).Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(Corpus.BuiltFolder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void Any_bytes_survive_being_written_as_text()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

        var line = Corpus.Escape(all);

        Assert.DoesNotContain('\n', line);
        Assert.Equal(all, Corpus.Unescape(line));
    }
}
