using System.Security.Cryptography;

namespace Sockeye.Comparison.Contestants;

/// <summary>Builds peers beside this program, once for each state of their sources.</summary>
internal static class PeerBuilder
{
    private const string Stamp = ".built";

    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(5);

    /// <summary>The folder in which the peer's run command works.</summary>
    public static string GetFolder(Peer peer) => Path.Combine(AppContext.BaseDirectory, "built-peers", peer.Folder);

    /// <summary>Builds the peer if that is needed and possible.</summary>
    /// <returns>Why it cannot take part, as a phrase; null when it can.</returns>
    public static async Task<string?> BuildAsync(Peer peer, Action<string> progress, CancellationToken cancellationToken)
    {
        if (peer.Needs.Select(need => need.Missing()).FirstOrDefault(missing => missing is not null) is { } missing)
            return missing;
        var sources = Path.Combine(AppContext.BaseDirectory, "Peers", peer.Folder);
        var folder = GetFolder(peer);
        var state = GetState(sources, peer);
        var stamp = Path.Combine(folder, Stamp);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellationToken) == state)
            return null;

        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.EnumerateFiles(sources, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(sources, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var command in peer.Build)
        {
            progress($"building {peer.Folder}: {string.Join(' ', command)}");
            if (await CommandRun.RunAsync(command, folder, BuildTimeout, cancellationToken) is { } failure)
                return $"building it failed: {failure}";
        }

        await File.WriteAllTextAsync(stamp, state, cancellationToken);
        return null;
    }

    private static string GetState(string sources, Peer peer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(sources, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            hash.AppendData(File.ReadAllBytes(file));
        foreach (var word in peer.Build.SelectMany(command => command))
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(word));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
