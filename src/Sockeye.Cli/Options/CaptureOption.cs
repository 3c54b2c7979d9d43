using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Sockeye.Cli;

/// <summary><c>--capture FILE</c> of <c>sockeye listen</c> and <c>sockeye connect</c>.</summary>
internal static class CaptureOption
{
    public static Option<string?> Capture { get; } = OptionFactory.CreateText(
        "--capture", "file",
        "Record the data of connections, after TLS decryption, for Wireshark: a new pcapng file of at most 100 MiB. "
            + "Danger: the file contains everything in clear text, including passwords.");

    /// <summary>Starts the capture. Returns null without the option.</summary>
    public static WireCapture? Open(ParseResult parsed, ErrorLines errors)
    {
        if (parsed.GetValue(Capture) is not { } file)
            return null;
        try
        {
            // Its warnings are for users who did not set the option themselves.
            return new(file, new() { LoggerFactory = new ErrorLog(errors, LogLevel.Error) });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(ExitCodes.Failed, $"--capture {file}: {e.Message}", e);
        }
    }

    /// <summary>Ends the capture and reports its content. Returns the error as a sentence without a full stop; null if
    /// none.</summary>
    public static async Task<string?> CloseAsync(WireCapture? capture, ErrorLines errors)
    {
        if (capture is null)
            return null;
        var isWhole = capture.IsRecording;
        await capture.DisposeAsync();
        errors.WriteLine($"captured: {QuantityText.FormatCount(capture.WrittenFrames, "frame")} in {capture}");
        return capture.Error is { } error ? $"--capture {capture}: later data is not recorded: {error.Message.TrimEnd('.')}"
            : capture.DroppedFrames > 0
                ? $"--capture {capture}: {QuantityText.FormatCount(capture.DroppedFrames, "frame")} "
                    + $"{(capture.DroppedFrames == 1 ? "is" : "are")} missing, because the disk is slow"
            : isWhole ? null
            : $"--capture {capture}: later data is not recorded: the file has reached its maximum size";
    }
}
