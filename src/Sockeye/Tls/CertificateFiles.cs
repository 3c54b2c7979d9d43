using System.Security.Cryptography;

namespace Sockeye;

/// <summary>A certificate in files, which is read again when they have changed.</summary>
/// <remarks>
/// What they hold is compared when a client comes, at most once in <see cref="Interval"/>. Times and lengths are not enough: a
/// link to a directory, as Kubernetes has it, may lead to other files of the same time and length, and a clock may be set back.
/// A watcher of the system would be faster, but not on every mount (network file systems, those links), and not in an order that
/// a test can rely on; and without clients the new certificate is not needed. For one caller at a time.
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

    /// <summary>Reads the files if they are not those that were read last. True: there is a new certificate.</summary>
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
            // Still being written: the next look will find them whole.
            if (!Read().Equals(found))
                return false;
            (Current, _loaded, _reportedHash) = (loaded, found, null);
            watch.OnReloaded(_certificatePath, loaded.Certificate);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // A key that does not fit yet is the usual case: it is tried again, and told once.
            if (_reportedHash != tried)
                watch.OnReloadFailed(_certificatePath, Current.Certificate, e);
            _reportedHash = tried;
            return false;
        }
    }

    private CertificateBytes Read() => CertificateBytes.Read(_certificatePath, _keyPath);
}
