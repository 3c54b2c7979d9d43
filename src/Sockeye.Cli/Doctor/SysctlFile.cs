namespace Sockeye.Cli;

/// <summary>Writes the remedies of a report into a file of sysctl.d(5).</summary>
internal static class SysctlFile
{
    private const string Mark = "# Written by 'sockeye doctor --write'.";

    /// <summary>Returns the file: each remedy below the reason for it.</summary>
    public static string Format(IEnumerable<Finding> findings)
    {
        List<string> lines = [$"{Mark} Apply it with: sysctl -p FILE", ""];
        foreach (var finding in findings.Where(finding => finding.Sysctl is not null).DistinctBy(finding => finding.Sysctl))
        {
            lines.Add($"# {finding.Name} is {finding.Value}. {finding.Explanation}");
            lines.Add(finding.Sysctl!);
            lines.Add("");
        }

        if (lines.Count == 2)
            lines.Add("# Nothing to change: every setting fits.");
        return string.Join('\n', lines).TrimEnd('\n') + "\n";
    }

    /// <summary>Writes the file, and returns the number of settings in it.</summary>
    /// <exception cref="CommandException">The file cannot be written, or exists and is not one of this command.</exception>
    public static int Write(string path, IReadOnlyList<Finding> findings)
    {
        try
        {
            // Someone may name /etc/sysctl.conf.
            if (new FileInfo(path) is { Exists: true, Length: > 0 }
                && File.ReadLines(path).FirstOrDefault()?.StartsWith(Mark, StringComparison.Ordinal) is not true)
            {
                throw new CommandException(
                    ExitCodes.Failed,
                    $"--write {path}: the file exists and is not one of this command: name another, or remove it.");
            }

            File.WriteAllText(path, Format(findings));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Failed, $"--write {path}: {e.Message}", e);
        }

        return findings.Select(finding => finding.Sysctl).OfType<string>().Distinct().Count();
    }
}
