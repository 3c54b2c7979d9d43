using System.Text;

namespace Sockeye.Fuzz.Targets;

/// <summary>What the tool reads from its command line.</summary>
internal static class TextTargets
{
    public static FuzzTarget EndPoint { get; } = new("endpoint", input =>
    {
        if (!EndPointText.TryParse(Encoding.UTF8.GetString(input), out var endpoint, out var error))
        {
            BrokenPromiseException.Unless(error.Length > 0, "it was refused without a word");
            return;
        }

        BrokenPromiseException.Unless(endpoint.Port is >= 0 and <= 65535, $"its port is {endpoint.Port}");
        var text = endpoint.ToString();
        BrokenPromiseException.Unless(
            EndPointText.TryParse(text, out var again, out error) && again.Kind == endpoint.Kind && again.ToString() == text,
            $"it shows itself as {text}, which is read as something else: {error}");
    });

    public static FuzzTarget Duration { get; } = new("duration", input =>
    {
        if (DurationText.Parse(Encoding.UTF8.GetString(input), out var error) is { } duration)
        {
            BrokenPromiseException.Unless(
                duration >= TimeSpan.FromMilliseconds(1) && duration <= TimeSpan.FromDays(1), $"it is {duration}");
        }
        else
        {
            BrokenPromiseException.Unless(error?.Length > 0, "it was refused without a word");
        }
    });
}
