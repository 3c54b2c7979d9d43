namespace Sockeye.Comparison.Contestants;

/// <summary>A server in another language: what it needs, how it is built, how it is started.</summary>
/// <param name="Folder">Its sources, below <c>Peers/</c>.</param>
/// <param name="Needs">Programs and files without which it cannot be built, and the Debian packages that have them.</param>
/// <param name="Build">Commands that run in the folder it is built in, which begins as a copy of its sources.</param>
/// <param name="Run">The command that is the server.</param>
internal sealed record Peer(
    string Folder, IReadOnlyList<Need> Needs, IReadOnlyList<string[]> Build, string[] Run);

/// <summary>A program on PATH, or a file by its whole path, and the Debian package that brings it.</summary>
internal sealed record Need(string What, string Package)
{
    private bool IsFile => What.StartsWith('/');

    /// <summary>What is missing, as a phrase with the way out; null when it is there.</summary>
    public string? Missing()
    {
        if (IsFile)
            return File.Exists(What) || Directory.Exists(What) ? null : $"no {What}; apt-get install {Package}";
        return Programs.Find(What) is not null ? null : $"no `{What}` on PATH; apt-get install {Package}";
    }
}
