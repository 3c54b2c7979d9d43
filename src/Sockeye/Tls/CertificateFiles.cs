using System.Security.Cryptography;

namespace Sockeye;

/// <summary>A certificate in files, read anew when they have changed.</summary>
/// <remarks>
/// Their times and lengths are asked for when a client comes, at most once in <see cref="Interval"/>. A watcher of the system
/// would tell sooner, but not on every mount (network file systems, the symbolic links of Kubernetes), and not in an order that
/// a test can rely on; and without clients nobody needs the new certificate. For one caller at a time.
/// </remarks>
internal sealed class CertificateFiles
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly string _certificatePath;
    private readonly string? _keyPath;
    private readonly string? _password;
    private string _loaded;
    private string? _complainedOf;

    public CertificateFiles(string certificatePath, string? keyPath, string? password)
    {
        (_certificatePath, _keyPath, _password) = (certificatePath, keyPath, password);
        _loaded = Stamp();
        Current = CertificateLoading.Load(certificatePath, keyPath, password);
    }

    public CertificateAndChain Current { get; private set; }

    /// <summary>Reads the files if they are not those that were read last. True: there is a new certificate.</summary>
    public bool Refresh(CertificateWatch watch)
    {
        var stamp = "";
        try
        {
            stamp = Stamp();
            if (stamp == _loaded)
                return false;
            var loaded = CertificateLoading.Load(_certificatePath, _keyPath, _password);
            // Still being written: the next look will find them whole.
            if (Stamp() != stamp)
                return false;
            (Current, _loaded, _complainedOf) = (loaded, stamp, null);
            watch.Reloaded(_certificatePath, loaded.Certificate);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // A key that does not fit yet is the usual case: it is tried again, and told once.
            if (_complainedOf != stamp)
                watch.Failed(_certificatePath, Current.Certificate, e);
            _complainedOf = stamp;
            return false;
        }
    }

    private string Stamp() => Stamp(_certificatePath) + (_keyPath is null ? "" : Stamp(_keyPath));

    private static string Stamp(string path)
    {
        // What a symbolic link leads to is what counts.
        var file = new FileInfo(path);
        var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return $"{target.FullName} {target.LastWriteTimeUtc.Ticks} {target.Length} ";
    }
}
