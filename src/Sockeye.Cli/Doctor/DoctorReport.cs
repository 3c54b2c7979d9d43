using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Sockeye.Cli;

/// <summary>All findings of <c>sockeye doctor</c>, with their output as text and as JSON.</summary>
/// <param name="Ok">Whether there are no problems.</param>
/// <param name="Findings">The findings, in the order of the output.</param>
internal sealed partial record DoctorReport(bool Ok, IReadOnlyList<Finding> Findings)
{
    private string _summary = "";

    /// <summary>Creates a report.</summary>
    /// <param name="findings">The findings, in the order of the output.</param>
    /// <param name="good">The start of the last line if there are no problems.</param>
    /// <param name="bad">The start of the last line if there is one.</param>
    public static DoctorReport Create(IReadOnlyList<Finding> findings, string good, string bad)
    {
        var problems = findings.Count(finding => finding.Verdict is FindingSeverity.Problem);
        var notes = findings.Count(finding => finding.Verdict is FindingSeverity.Note);
        return new(problems == 0, findings)
        {
            _summary = $"{(problems == 0 ? good : bad)}: {QuantityText.FormatCount(problems, "problem")}, "
                + $"{QuantityText.FormatCount(notes, "note")}.",
        };
    }

    public void PrintJson() => Console.Out.WriteLine(JsonSerializer.Serialize(this, DoctorDocument.Default.DoctorReport));

    public void PrintText()
    {
        if (Console.IsOutputRedirected)
            PrintPlain(Console.Out);
        else
            AnsiConsole.Console.Write(ToTable());
        Console.Out.WriteLine();
        Console.Out.WriteLine(_summary);
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
