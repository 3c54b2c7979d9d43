using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>One file, one idea: files that grow say that a second idea moved in.</summary>
public sealed class FileSizeTests
{
    private const int MaxLines = 700;
    private const int LongLines = 300;
    private const int MaxLongFiles = 15;
    private const int MaxMedian = 80;
    private const int MaxColumns = 130;

    private static IEnumerable<RepositoryFile> Sources => Repository.Files("src", "*.cs");

    [Fact]
    public void No_source_file_is_longer_than_700_lines_and_few_than_300()
    {
        var findings = new Findings();
        var longFiles = Sources.Select(file => (file.Path, Length: Length(file))).Where(file => file.Length > LongLines).ToList();

        foreach (var (path, length) in longFiles)
        {
            if (length > MaxLines)
                findings.Add(path, MaxLines, $"{length} lines, more than {MaxLines}: move an idea to a file of its own.");
            else if (longFiles.Count > MaxLongFiles)
                findings.Add(path, LongLines, $"{length} lines, one of {longFiles.Count} files over {LongLines} where " +
                    $"{MaxLongFiles} are allowed: move an idea to a file of its own.");
        }

        findings.AssertNone();
    }

    [Fact]
    public void Median_source_file_has_at_most_80_lines()
    {
        var lengths = Sources.Select(Length).Order().ToArray();
        var median = lengths[lengths.Length / 2];

        Assert.True(median <= MaxMedian,
            $"The median of {lengths.Length} files in src/ is {median} lines, more than {MaxMedian}: split the longest by idea.");
    }

    [Fact]
    public void No_line_is_wider_than_130_columns()
    {
        var findings = new Findings();
        foreach (var file in (string[])["src", "tests", "samples"])
        {
            foreach (var source in Repository.Files(file, "*.cs"))
            {
                foreach (var (index, line) in source.Lines.Index().Where(line => line.Item.Length > MaxColumns))
                    findings.Add(source.Path, index + 1, $"{line.Length} columns, more than {MaxColumns}: wrap it.");
            }
        }

        findings.AssertNone();
    }

    private static int Length(RepositoryFile file) => file.Text.AsSpan().Count('\n');
}
