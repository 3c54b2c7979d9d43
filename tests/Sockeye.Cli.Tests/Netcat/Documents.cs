namespace Sockeye.Cli.Tests.Netcat;

/// <summary>The documents of the repository.</summary>
public static class Documents
{
    public static string GetPath(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sockeye.slnx")))
                return Path.Combine(folder.FullName, "docs", name);
        }

        throw new InvalidOperationException($"docs/{name} is not above {AppContext.BaseDirectory}.");
    }
}
