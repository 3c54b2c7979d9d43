using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>The use of standard input and output by <c>sockeye listen</c> and <c>sockeye connect</c>.</summary>
internal static class InputOptions
{
    public static Option<bool> SendOnly { get; } = OptionFactory.CreateSwitch(
        "--send-only", "Send standard input to its end, then close. Received data is discarded.");

    public static Option<bool> ReceiveOnly { get; } = OptionFactory.CreateSwitch(
        "--recv-only", "Print received data. Standard input is not read, and no FIN is sent before the peer's.", "-d");

    public static Option<bool> NoShutdown { get; } = OptionFactory.CreateSwitch(
        "--no-shutdown", "Do not send FIN at the end of standard input: the peer ends the connection.");

    public static Option<bool> Crlf { get; } = OptionFactory.CreateSwitch(
        "--crlf", "Send each LF of standard input as CR LF; a CR LF stays as it is.", "-C");

    public static Option<TimeSpan?> QuitAfter { get; } = OptionFactory.Create<TimeSpan>(
        "--quit-after", "time",
        "Close this long after the end of standard input, whatever the peer does: 0, 500ms, 30s, 5m.",
        static (text, out error) =>
        {
            error = null;
            return text is "0" ? TimeSpan.Zero : DurationText.Parse(text, out error);
        },
        "-q");

    public static IEnumerable<Option> All => [SendOnly, ReceiveOnly, NoShutdown, QuitAfter, Crlf];

    public static void Validate(CommandResult result)
    {
        if (!result.IsGiven(ReceiveOnly))
            return;
        foreach (var other in All.Where(other => other != ReceiveOnly && result.IsGiven(other)))
            result.AddError($"--recv-only does not read standard input, so {other.Name} has no meaning: leave one out.");
    }

    /// <summary>Adds an error for each of these options, which a mode without standard input has no use for.</summary>
    public static void RejectWith(CommandResult result, string mode)
    {
        foreach (var option in All.Where(option => result.IsGiven(option)))
            result.AddError($"{option.Name} has no meaning with {mode}, which does not use standard input and output.");
    }

    public static InputSettings GetSettings(ParseResult parsed, bool drainsPipe) => new(
        UsesCrlf: parsed.GetValue(Crlf), KeepsOutputOpen: parsed.GetValue(NoShutdown),
        DrainsPipe: drainsPipe || parsed.GetValue(SendOnly));
}
