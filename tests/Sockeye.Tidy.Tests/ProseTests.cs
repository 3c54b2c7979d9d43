using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// Phrases that plain English does not use, wherever people read: documents, comments, messages. Threads, sockets and tasks are
/// things, not persons; a word has one spelling.
/// </summary>
public sealed partial class ProseTests
{
    private static readonly (Regex Phrase, string Instead)[] Rules =
    [
        (Persons(), "name the thread, task, connection or caller that is meant"),
        (Reports(), "reports, notifies, logs: only persons tell"),
        (Spelling(), "endpoint, timeout, cannot: one word each, as .NET spells them"),
        (Connecting(), "connect, connected, target"),
        (Archaic(), "again, no longer, forever, start, continue: the plain word"),
        (Negation(), "is not a, are not"),
        (Own(), "own, or separate, before the noun"),
        (Number(), "the given number of, or the maximum"),
    ];

    [Fact]
    public void Documents_are_in_plain_English()
    {
        var findings = new Findings();
        foreach (var page in Repository.Files("", "*.md"))
        {
            foreach (var (index, line) in page.Lines.Index())
                Check(page.Path, index + 1, line, findings);
        }

        findings.AssertNone();
    }

    [Fact]
    public void Comments_and_messages_are_in_plain_English()
    {
        var findings = new Findings();
        foreach (var file in Repository.Files("src", "*.cs").Concat(Repository.Files("samples", "*.cs")))
            CheckCode(file, findings);
        findings.AssertNone();
    }

    [Fact]
    public void Reference_text_starts_with_what_a_thing_is()
    {
        var findings = new Findings();
        foreach (var file in Repository.Files("src", "*.cs"))
            CheckReference(file, findings);
        findings.AssertNone();
    }

    [Theory]
    [InlineData("Whoever waits gets it.")]
    [InlineData("The log tells which.")]
    [InlineData("an end point")]
    [InlineData("It can't.")]
    [InlineData("The address that was dialled.")]
    [InlineData("It starts anew.")]
    [InlineData("The loop goes on.")]
    [InlineData("A file that is no certificate.")]
    [InlineData("Null for what is none.")]
    [InlineData("A thread of its own.")]
    [InlineData("Up to so many tokens.")]
    public void Phrase_is_found_in_a_comment_and_in_a_message(string phrase)
    {
        var findings = new Findings();
        var code = $"class C {{ /* {phrase} */ string S => \"{phrase}\"; string T => $\"{{S}} {phrase}\"; }}";
        CheckCode(new("src/A.cs", code), findings);

        Assert.Equal(3, findings.All.Count);
    }

    [Theory]
    [InlineData("There is no limit.")]
    [InlineData("It is no longer open.")]
    [InlineData("Null if there is none.")]
    [InlineData("The addresses of its own connections.")]
    [InlineData("The begin() call.")]
    public void Plain_sentence_passes(string sentence)
    {
        var findings = new Findings();
        Check("README.md", 1, sentence, findings);

        Assert.Empty(findings.All);
    }

    [Theory]
    [InlineData("/// <summary>How many may wait.</summary>", 1)]
    [InlineData("/// <summary>\n/// What waits.\n/// </summary>", 1)]
    [InlineData("/// <param name=\"a\">Where it logs.</param>", 1)]
    [InlineData("/// <summary>Whether it waits.</summary>", 0)]
    [InlineData("/// <summary>Gets how long it waits.</summary>", 1)]
    [InlineData("// What waits is served first.", 0)]
    public void Reference_text_that_starts_with_a_question_is_found(string comment, int expected)
    {
        var findings = new Findings();
        CheckReference(new("src/A.cs", $"{comment}\nclass C {{ }}"), findings);

        Assert.Equal(expected, findings.All.Count);
    }

    private static void CheckReference(RepositoryFile file, Findings findings)
    {
        foreach (var match in Question().Matches(file.Text).AsEnumerable())
        {
            var line = file.Text.AsSpan(0, match.Groups[1].Index).Count('\n') + 1;
            findings.Add(file.Path, line, $"'{match.Groups[1].Value}': name the thing first: the time, the number, the reason.");
        }
    }

    private static void CheckCode(RepositoryFile file, Findings findings)
    {
        var root = CSharp.Parse(file).GetRoot();
        var comments = root.DescendantTrivia()
            .Where(trivia => trivia.Kind() is not (SyntaxKind.WhitespaceTrivia or SyntaxKind.EndOfLineTrivia))
            .Select(trivia => (Text: trivia.ToFullString(), Line: trivia.GetLocation().LineNumber()));
        var messages = root.DescendantTokens()
            .Where(token => token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.InterpolatedStringTextToken
                or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken)
            .Select(token => (token.Text, Line: token.GetLocation().LineNumber()));
        foreach (var (text, first) in comments.Concat(messages))
        {
            foreach (var (index, line) in text.ReplaceLineEndings("\n").Split('\n').Index())
                Check(file.Path, first + index, line, findings);
        }
    }

    private static void Check(string path, int line, string text, Findings findings)
    {
        foreach (var (phrase, instead) in Rules)
        {
            if (phrase.Match(text) is { Success: true } match)
                findings.Add(path, line, $"'{match.Value}': {instead}.");
        }
    }

    [GeneratedRegex(@"\b(whoever|whom|nobody|anybody|somebody)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Persons();

    [GeneratedRegex(@"\b(tells|told)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Reports();

    [GeneratedRegex(@"\b(end[ -]points?|time-outs?|can't|can not)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Spelling();

    [GeneratedRegex(@"\bdial(s|l?ed|l?ing|l?ers?)?\b", RegexOptions.IgnoreCase)]
    private static partial Regex Connecting();

    [GeneratedRegex(
        @"\b(anew|any more\b(?! \w+ than)|for ever|ever after|again and again|needs not|(?:its|the) begin(?!\w|\(|`)|in earnest"
            + @"|what becomes of|what came of|upon|(?:goes|go|went) on|stands? still)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Archaic();

    [GeneratedRegex(
        @"(?<!\bthere )\b(is|are) no (?!longer|more|fewer|less|other|different|later|earlier)\w+"
            + @"|(?<=\w )(?<!\bthere )(is|are) none\b(?! of)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Negation();

    [GeneratedRegex(@"\bof (its|their) own(?= *(?:[.,;:)<""]|$))", RegexOptions.IgnoreCase)]
    private static partial Regex Own();

    [GeneratedRegex(
        @"\b(at most|up to|by|the first|at least) so many\b|\bso many (bytes|tokens|times)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Number();

    [GeneratedRegex(
        @"<(?:summary|param|typeparam|returns|value|exception)\b[^<>]*>[\s/]*"
            + @"((?:What|Where|When|Why|Who|Whom|Which|Whose|How|Gets (?:or sets )?(?:how|what|where|when|why|who|which))\b)")]
    private static partial Regex Question();
}
