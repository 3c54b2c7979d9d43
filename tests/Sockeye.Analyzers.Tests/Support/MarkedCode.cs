using System.Text;
using Microsoft.CodeAnalysis.Text;

namespace Sockeye.Analyzers.Tests.Support;

/// <summary>C# in which [| and |] mark what a rule reports.</summary>
internal sealed class MarkedCode
{
    private MarkedCode(string text, IReadOnlyList<TextSpan> marks) => (Text, Marks) = (text, marks);

    public string Text { get; }

    public IReadOnlyList<TextSpan> Marks { get; }

    public static MarkedCode Parse(string marked)
    {
        var text = new StringBuilder();
        var (marks, starts) = (new List<TextSpan>(), new Stack<int>());
        for (var i = 0; i < marked.Length; i++)
        {
            var two = marked.AsSpan(i, Math.Min(2, marked.Length - i));
            if (two is "[|")
                starts.Push(text.Length);
            else if (two is "|]")
                marks.Add(TextSpan.FromBounds(starts.Pop(), text.Length));
            else
                text.Append(marked[i]);
            if (two is "[|" or "|]")
                i++;
        }

        return new(text.ToString(), [.. marks.OrderBy(mark => mark.Start)]);
    }
}
