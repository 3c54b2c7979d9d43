using System.Security.Cryptography;

namespace Sockeye;

/// <summary>A certificate in files, which are read again when they have changed.</summary>
/// <remarks>
/// Their contents are compared when a client connects, at most once per <see cref="Interval"/>. Times and lengths are not
/// sufficient: a link to a directory, as in Kubernetes, may lead to other files of the same time and length, and a clock may be
/// set back. A watcher of the system would be faster, but does not work on every mount (network file systems, those links), its
/// order of events is not deterministic for tests, and without clients the new certificate is not needed. For one caller at a
/// time.
/// </remarks>
internal sealed class CertificateFiles
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly string _certificatePath;
    private readonly string? _keyPath;
    private readonly string? _password;
    private CertificateBytes _loaded;
    private string? _reportedHash;

    public CertificateFiles(string certificatePath, string? keyPath, string? password)
    {
        (_certificatePath, _keyPath, _password) = (certificatePath, keyPath, password);
        _loaded = Read();
        Current = CertificateLoading.Load(_loaded, certificatePath, keyPath, password);
    }

    public CertificateAndChain Current { get; private set; }

    /// <summary>Reads the files if their contents have changed. Returns true if there is a new certificate.</summary>
    public bool Refresh(CertificateReloadLog watch)
    {
        var tried = "";
        try
        {
            if (!CertificateBytes.AreFiles(_certificatePath, _keyPath))
                return false;
            var found = Read();
            if (found.Equals(_loaded))
                return false;
            tried = found.Hash;
            var loaded = CertificateLoading.Load(found, _certificatePath, _keyPath, _password);
            // The files are still being written. The next check finds them complete.
            if (!Read().Equals(found))
                return false;
            (Current, _loaded, _reportedHash) = (loaded, found, null);
            watch.OnReloaded(_certificatePath, loaded.Certificate);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Usually the key does not match yet. The files are tried again, and the failure is logged once.
            if (_reportedHash != tried)
                watch.OnReloadFailed(_certificatePath, Current.Certificate, e);
            _reportedHash = tried;
            return false;
        }
    }

    private CertificateBytes Read() => CertificateBytes.Read(_certificatePath, _keyPath);
}
