namespace Sockeye.Hosting.Tests.Deployment;

/// <summary>The fenced blocks of a page in docs/.</summary>
internal static class DocumentedBlocks
{
    public static IReadOnlyList<string> Read(string page, string language)
    {
        var blocks = new List<string>();
        var isInside = false;
        foreach (var line in File.ReadLines(Path.Combine(Root(), "docs", page)))
        {
            if (isInside && line != "```")
                blocks[^1] += $"{line}\n";
            else if (isInside)
                isInside = false;
            else if (line == $"```{language}")
            {
                isInside = true;
                blocks.Add("");
            }
        }

        return blocks;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Sockeye.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("Run these tests inside a checkout.");
        return folder.FullName;
    }
}
