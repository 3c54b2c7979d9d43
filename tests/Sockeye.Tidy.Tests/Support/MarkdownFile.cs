using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Sockeye.Tidy.Tests.Support;

/// <summary>A fenced block of code, and what the HTML comment right before it says, if there is one.</summary>
internal sealed record CodeBlock(int Line, string Language, string Text, string Note);

/// <summary>A Markdown file, read as GitHub shows it.</summary>
internal sealed class MarkdownFile(RepositoryFile file)
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .UsePipeTables()
        .Build();

    private readonly MarkdownDocument _document = Markdown.Parse(file.Text, Pipeline);

    public static IReadOnlyList<MarkdownFile> All { get; } =
        [.. Repository.Files("", "*.md").Select(file => new MarkdownFile(file))];

    public string Path => file.Path;

    public IEnumerable<string> Anchors =>
        _document.Descendants<HeadingBlock>().Select(heading => heading.TryGetAttributes()?.Id).OfType<string>();

    public IEnumerable<(int Line, string Target)> Links =>
        _document.Descendants<LinkInline>().Select(link => (link.Line + 1, link.Url ?? ""));

    /// <summary>What stands in `back quotes`.</summary>
    public IEnumerable<(int Line, string Text)> InlineCode =>
        _document.Descendants<CodeInline>().Select(code => (code.Line + 1, code.Content));

    public IEnumerable<CodeBlock> CodeBlocks =>
        _document.Descendants<FencedCodeBlock>()
            .Select(block => new CodeBlock(block.Line + 1, block.Info ?? "", block.Lines.ToString() + "\n", NoteBefore(block)));

    private static string NoteBefore(FencedCodeBlock block)
    {
        var siblings = block.Parent!;
        var index = siblings.IndexOf(block);
        return index > 0 && siblings[index - 1] is HtmlBlock { Type: HtmlBlockType.Comment } comment
            ? comment.Lines.ToString().Trim()
            : "";
    }
}
