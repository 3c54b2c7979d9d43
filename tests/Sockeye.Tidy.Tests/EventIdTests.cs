using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>Alerts are built on event ids, so each id is stable, never reused, and listed for operators.</summary>
public sealed partial class EventIdTests
{
    private const string List = "docs/observability.md";

    [Fact]
    public void Event_ids_are_unique_and_listed()
    {
        var listed = Row().Matches(Repository.Read(List).Text).Select(row => row.Groups["id"].Value).ToHashSet();
        var users = new Dictionary<string, string>();
        var findings = new Findings();
        foreach (var file in Repository.Files("src", "*.cs"))
        {
            foreach (var (line, id) in EventIds(file))
            {
                if (!users.TryAdd(id, $"{file.Path}:{line}"))
                    findings.Add(file.Path, line, $"event id {id} is taken by {users[id]}: take the next free one.");
                if (!listed.Contains(id))
                    findings.Add(file.Path, line, $"event id {id} has no row in {List}: add one.");
            }
        }

        findings.AssertNone();
    }

    [Fact]
    public void Event_ids_are_read_from_both_forms_of_the_attribute()
    {
        var file = new RepositoryFile("a.cs", """
            partial class C
            {
                [LoggerMessage(1, LogLevel.Warning, "a")] partial void A();
                [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "b")] partial void B();
            }
            """);

        Assert.Equal([(3, "1"), (4, "2")], EventIds(file));
    }

    private static IEnumerable<(int Line, string Id)> EventIds(RepositoryFile file) =>
        from attribute in CSharp.Parse(file).GetRoot().DescendantNodes().OfType<AttributeSyntax>()
        where attribute.Name.ToString() == "LoggerMessage"
        let arguments = attribute.ArgumentList?.Arguments ?? []
        let id = arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.Text == "EventId") ?? arguments.First()
        select (attribute.GetLocation().LineNumber(), id.Expression.ToString());

    [GeneratedRegex(@"^\| (?<id>\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
