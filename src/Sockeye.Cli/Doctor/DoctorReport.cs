using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Sockeye.Cli;

/// <summary>All findings of <c>sockeye doctor</c>, with their output as text and as JSON.</summary>
/// <param name="Ok">Whether there are no problems.</param>
/// <param name="Findings">The findings; the engine is first.</param>
internal sealed partial record DoctorReport(bool Ok, IReadOnlyList<Finding> Findings)
{
    public static DoctorReport Create()
    {
        IReadOnlyList<Finding> findings =
            [.. EngineFindings.All(), .. MachineFindings.All(), .. LimitFindings.All(), .. WindowsFindings.All()];
        return new(findings.All(finding => finding.Verdict is not FindingSeverity.Problem), findings);
    }

    public void PrintJson() => Console.Out.WriteLine(JsonSerializer.Serialize(this, DoctorDocument.Default.DoctorReport));

    public void PrintText()
    {
        if (Console.IsOutputRedirected)
            PrintPlain(Console.Out);
        else
            AnsiConsole.Console.Write(ToTable());
        Console.Out.WriteLine();
        Console.Out.WriteLine(Summary());
    }

    private void PrintPlain(TextWriter output)
    {
        var verdictWidth = Findings.Max(finding => Label(finding.Verdict).Length) + 2;
        var nameWidth = Findings.Max(finding => finding.Name.Length) + 2;
        foreach (var (name, value, verdict, explanation) in Findings)
        {
            output.WriteLine(Label(verdict).PadRight(verdictWidth) + name.PadRight(nameWidth) + value);
            if (explanation is not null)
                output.WriteLine(new string(' ', verdictWidth + nameWidth) + explanation);
        }
    }

    /// <summary>Returns the findings in colour, with long lines wrapped within their column.</summary>
    private Table ToTable()
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("").NoWrap().PadRight(2));
        table.AddColumn(new TableColumn("").NoWrap().PadRight(2));
        table.AddColumn(new TableColumn(""));
        foreach (var (name, value, verdict, explanation) in Findings)
        {
            table.AddRow(new Text(Label(verdict), GetColor(verdict)), new Text(name), new Text(value));
            if (explanation is not null)
                table.AddRow(Text.Empty, Text.Empty, new Text(explanation));
        }

        return table;
    }

    private string Summary()
    {
        var problems = Findings.Count(finding => finding.Verdict is FindingSeverity.Problem);
        var notes = Findings.Count(finding => finding.Verdict is FindingSeverity.Note);
        return $"{(Ok ? "Servers can run well here" : "Servers cannot run well here")}: " +
            $"{problems} {(problems == 1 ? "problem" : "problems")}, {notes} {(notes == 1 ? "note" : "notes")}.";
    }

    private static string Label(FindingSeverity verdict) => verdict switch
    {
        FindingSeverity.Ok => "ok",
        FindingSeverity.Note => "note",
        _ => "problem",
    };

    private static Color GetColor(FindingSeverity verdict) => verdict switch
    {
        FindingSeverity.Ok => Color.Green,
        FindingSeverity.Note => Color.Yellow,
        _ => Color.Red,
    };

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(DoctorReport))]
    private sealed partial class DoctorDocument : JsonSerializerContext;
}
