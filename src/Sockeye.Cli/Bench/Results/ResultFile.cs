namespace Sockeye.Cli;

/// <summary>A file that an option of <c>sockeye bench</c> names for results.</summary>
internal static class ResultFile
{
    /// <summary>Checks that the file can be written, before a long measurement. It creates the file, and does not change one
    /// that exists.</summary>
    /// <param name="option">The option.</param>
    /// <param name="path">The file; null without the option.</param>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static void Check(string option, string? path)
    {
        if (path is not null)
            Try(option, path, () => File.Open(path, FileMode.OpenOrCreate, FileAccess.Write).Dispose());
    }

    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static void Write(string option, string path, string text) =>
        Try(option, path, () => File.WriteAllText(path, text));

    private static void Try(string option, string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Failed, $"{option} {path}: {e.Message}", e);
        }
    }
}
