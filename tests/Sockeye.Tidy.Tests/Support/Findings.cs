namespace Sockeye.Tidy.Tests.Support;

/// <summary>What a check found: each with its file, its line and the way out, all reported at once.</summary>
internal sealed class Findings
{
    private readonly List<string> _all = [];

    public IReadOnlyList<string> All => _all;

    public void Add(string path, int line, string sentence) => _all.Add($"{path}:{line}: {sentence}");

    public void AssertNone()
    {
        if (_all.Count > 0)
            Assert.Fail($"{_all.Count} found:{Environment.NewLine}{string.Join(Environment.NewLine, _all)}");
    }
}
