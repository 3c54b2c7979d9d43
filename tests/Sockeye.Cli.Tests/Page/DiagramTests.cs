using System.Globalization;
using System.Text.RegularExpressions;

namespace Sockeye.Cli.Tests.Page;

/// <summary>The state diagram of the page.</summary>
public sealed partial class DiagramTests
{
    private const int Height = 30;
    private const int MaxGap = 5;

    [Fact]
    public void Head_of_each_arrow_is_beside_a_state_and_not_below_it()
    {
        var boxes = State().Matches(Read("diagram.js")).Select(match => (
            Left: Number(match, 2), Top: Number(match, 3), Width: match.Groups[1].Value.EndsWith(' ') ? 160 : 108)).ToList();
        var edges = Edge().Matches(Read("index.html")).Select(match => match.Groups[1].Value).ToList();

        Assert.Equal((12, 14), (boxes.Count, edges.Count));
        Assert.All(edges, edge =>
        {
            var (x, y) = GetEnd(edge);
            Assert.DoesNotContain(boxes, box => x > box.Left && x < box.Left + box.Width && y > box.Top && y < box.Top + Height);
            Assert.Contains(
                boxes, box => x >= box.Left - MaxGap && x <= box.Left + box.Width + MaxGap && y >= box.Top - MaxGap
                    && y <= box.Top + Height + MaxGap);
        });
    }

    /// <summary>Follows "M336 372 V406".</summary>
    private static (int X, int Y) GetEnd(string edge)
    {
        var (x, y) = (0, 0);
        foreach (Match step in Step().Matches(edge))
        {
            (x, y) = step.Groups[1].Value switch
            {
                "H" => (Number(step, 2), y),
                "V" => (x, Number(step, 2)),
                _ => (Number(step, 2), Number(step, 3)),
            };
        }

        return (x, y);
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static string Read(string file)
    {
        using var stream = typeof(DemoPage).Assembly.GetManifestResourceStream($"Page.{file}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("""([A-Z0-9-]+ ?)"?: \[(\d+), (\d+)\]""")]
    private static partial Regex State();

    [GeneratedRegex("""<path d="(M[^"]+\d)"/>""")]
    private static partial Regex Edge();

    [GeneratedRegex("""([MHV])(\d+)(?: (\d+))?""")]
    private static partial Regex Step();
}
