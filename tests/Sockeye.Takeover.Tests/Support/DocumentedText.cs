namespace Sockeye.Takeover.Tests.Support;

/// <summary>Scripts and units of the documentation.</summary>
internal static class DocumentedText
{
    /// <summary>Returns upgrade.sh of docs/upgrade.md.</summary>
    public static string ReadScript()
    {
        var page = Read("upgrade.md");
        var begin = page.IndexOf("#!/bin/sh", StringComparison.Ordinal);
        return page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    /// <summary>Returns the only unit of docs/systemd.md with a setting.</summary>
    public static string ReadUnit(string setting) => Read("systemd.md").Split("```ini\n").Skip(1)
        .Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)])
        .Single(block => block.Contains($"\n{setting}", StringComparison.Ordinal));

    private static string Read(string page)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Sockeye.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("Run these tests inside a checkout.");
        return File.ReadAllText(Path.Combine(folder.FullName, "docs", page));
    }
}
