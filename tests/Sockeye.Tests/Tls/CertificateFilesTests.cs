using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

/// <summary>Certificates in files, and new ones in their place.</summary>
public sealed class CertificateFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sockeye-tls-").FullName;
    private int _writes;

    private string CertificatePath => Path.Combine(_directory, "cert.pem");

    private string KeyPath => Path.Combine(_directory, "key.pem");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Certificate_is_read_from_PEM_in_one_file_or_two_and_from_PFX()
    {
        using var made = TlsCertificates.CreateSelfSigned("one");
        var (certificate, key) = (made.ExportCertificatePem(), Key(made).ExportPkcs8PrivateKeyPem());
        Write("cert.pem", certificate);
        Write("key.pem", key);
        Write("both.pem", key + "\n" + certificate);
        Write("secret.pem", Key(made).ExportEncryptedPkcs8PrivateKeyPem(
            "s3cret", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        File.WriteAllBytes(InDirectory("both.pfx"), made.Export(X509ContentType.Pfx, "s3cret"));

        Assert.Equal(made, TlsCertificates.Load(CertificatePath, KeyPath));
        Assert.Equal(made, TlsCertificates.Load(InDirectory("both.pem")));
        Assert.Equal(made, TlsCertificates.Load(CertificatePath, InDirectory("secret.pem"), "s3cret"));
        Assert.Equal(made, TlsCertificates.Load(InDirectory("both.pfx"), password: "s3cret"));
    }

    [Fact]
    public void Files_that_do_not_fit_are_an_error_that_names_them()
    {
        using var one = TlsCertificates.CreateSelfSigned("one");
        using var other = TlsCertificates.CreateSelfSigned("other");
        Write("cert.pem", one.ExportCertificatePem());
        Write("key.pem", Key(other).ExportPkcs8PrivateKeyPem());

        var error = Assert.Throws<CryptographicException>(() => TlsCertificates.Load(CertificatePath, KeyPath));
        Assert.StartsWith($"{CertificatePath} and {KeyPath}: there is no certificate with its private key: ", error.Message);
        Assert.Throws<CryptographicException>(() => TlsCertificates.Load(CertificatePath));
        Assert.Throws<FileNotFoundException>(() => TlsCertificates.Load(InDirectory("none.pem")));
    }

    [Fact]
    public void Chain_behind_the_certificate_is_sent() => TlsWorld.Run(async world =>
    {
        using var leaf = world.Authority.Sign("server");
        Write("cert.pem", leaf.ExportCertificatePem() + "\n" + world.Authority.Certificate.ExportCertificatePem());
        Write("key.pem", Key(leaf).ExportPkcs8PrivateKeyPem());
        var files = new CertificateFiles(CertificatePath, KeyPath, null);
        Assert.Equal([world.Authority.Certificate], files.Current.Chain);

        await using var server = await world.Start(tls => tls.AddCertificateFiles(CertificatePath, KeyPath));
        await using var connection = await world.Connect();
        Assert.Equal("CN=server", connection.Tls!.RemoteCertificate!.Subject);
    });

    [Fact]
    public void New_files_are_used_for_new_connections_and_files_that_do_not_fit_for_none() => TlsWorld.Run(async world =>
    {
        var (first, second) = (world.Authority.Sign("server"), world.Authority.Sign("server"));
        Put(first, first);
        await using var server = await world.Start(tls => tls.AddCertificateFiles(CertificatePath, KeyPath));
        await ShowsAsync(world, first);

        Write("cert.pem", second.ExportCertificatePem());
        await ShowsAsync(world, first);
        await world.Simulated.Pass(CertificateFiles.Interval);
        await ShowsAsync(world, first);
        await world.Simulated.Pass(CertificateFiles.Interval);
        await ShowsAsync(world, first);
        var line = Assert.Single(world.Simulated.Log.WithId(1502));
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Contains(TlsCertificates.Fingerprint(first), line.Message);
        Assert.Empty(world.Simulated.Log.WithId(1501));

        Write("key.pem", Key(second).ExportPkcs8PrivateKeyPem());
        await world.Simulated.Pass(CertificateFiles.Interval);
        await ShowsAsync(world, second);
        Assert.Contains(TlsCertificates.Fingerprint(second), Assert.Single(world.Simulated.Log.WithId(1501)).Message);

        File.Delete(CertificatePath);
        await world.Simulated.Pass(CertificateFiles.Interval);
        await ShowsAsync(world, second);
        Assert.Equal(2, world.Simulated.Log.WithId(1502).Count());
    });

    [Fact]
    public void Link_to_a_directory_that_is_swapped_is_followed_whatever_times_and_lengths_say() => TlsWorld.Run(async world =>
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Links need rights there.");
        // As Kubernetes has it: tls.crt -> ..data/tls.crt, ..data -> ..1, and a change puts a new ..data in the old one's place.
        X509Certificate2[] certificates = [.. OfOneLength(() => world.Authority.Sign("server"), 3)];
        PutSecret("..1", certificates[0]);
        Directory.CreateSymbolicLink(InDirectory("..data"), "..1");
        File.CreateSymbolicLink(CertificatePath, "..data/cert.pem");
        File.CreateSymbolicLink(KeyPath, "..data/key.pem");
        await using var server = await world.Start(tls => tls.AddCertificateFiles(CertificatePath, KeyPath));
        await ShowsAsync(world, certificates[0]);

        for (var i = 1; i < certificates.Length; i++)
        {
            PutSecret($"..{i + 1}", certificates[i]);
            File.Delete(InDirectory("..data"));
            Directory.CreateSymbolicLink(InDirectory("..data"), $"..{i + 1}");
            Directory.Delete(InDirectory($"..{i}"), recursive: true);
            await world.Simulated.Pass(CertificateFiles.Interval);
            await ShowsAsync(world, certificates[i]);
        }

        Assert.Equal(2, world.Simulated.Log.WithId(1501).Count());
        Assert.Empty(world.Simulated.Log.WithId(1502));
    });

    [Fact]
    public void Files_of_the_same_time_and_length_are_read_again_and_those_that_were_only_touched_are_not() =>
        TlsWorld.Run(async world =>
        {
            X509Certificate2[] certificates = [.. OfOneLength(() => world.Authority.Sign("server"), 2)];
            Put(certificates[0], certificates[0]);
            await using var server = await world.Start(tls => tls.AddCertificateFiles(CertificatePath, KeyPath));
            var (certificateTime, keyTime) = (File.GetLastWriteTimeUtc(CertificatePath), File.GetLastWriteTimeUtc(KeyPath));

            Put(certificates[0], certificates[0]);
            await world.Simulated.Pass(CertificateFiles.Interval);
            await ShowsAsync(world, certificates[0]);
            Assert.Empty(world.Simulated.Log.WithId(1501));

            Put(certificates[1], certificates[1]);
            File.SetLastWriteTimeUtc(CertificatePath, certificateTime);
            File.SetLastWriteTimeUtc(KeyPath, keyTime);
            await world.Simulated.Pass(CertificateFiles.Interval);
            await ShowsAsync(world, certificates[1]);
            Assert.Single(world.Simulated.Log.WithId(1501));
        });

    [Fact]
    public async Task No_client_fails_while_files_are_swapped_again_and_again()
    {
        var time = new ObservedTime();
        time.SetUtcNow(TimeProvider.System.GetUtcNow());
        using var authority = new TestAuthority(time);
        X509Certificate2[] certificates = [authority.Sign("localhost"), authority.Sign("localhost")];
        Put(certificates[0], certificates[0]);
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            (options.Transport, options.TimeProvider) = (new SocketTransport(), time);
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
                .UseTls(tls => tls.AddCertificateFiles(CertificatePath, KeyPath)).Run(ConnectionText.Echo);
        }, TestContext.Current.CancellationToken);
        var client = new SockeyeClient(options => options.UseTls(tls =>
        {
            tls.TrustedAuthorities = [authority.Certificate];
            tls.Authentication.TargetHost = "localhost";
        }));

        var seen = new HashSet<string>();
        for (var round = 1; round <= 40; round++)
        {
            // One file after the other, and clients in between.
            Write(round % 2 == 0 ? "key.pem" : "cert.pem", "-----BEGIN ");
            await ConnectManyAsync();
            var next = certificates[round / 2 % 2];
            Write("cert.pem", next.ExportCertificatePem());
            await ConnectManyAsync();
            Write("key.pem", Key(next).ExportPkcs8PrivateKeyPem());
            await ConnectManyAsync();
        }

        Assert.Equal(2, seen.Count);

        async Task ConnectManyAsync()
        {
            time.Advance(CertificateFiles.Interval);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                await using var connection = await client.ConnectAsync(server.EndPoints[0]).Within();
                await connection.SendAsync("x");
                Assert.Equal("x", await connection.ReadAsync(1));
                lock (seen)
                    seen.Add(TlsCertificates.Fingerprint(connection.Tls!.RemoteCertificate!));
            }));
        }
    }

    private static async Task ShowsAsync(TlsWorld world, X509Certificate2 expected)
    {
        await using var connection = await world.Connect();
        Assert.Equal(expected, connection.Tls!.RemoteCertificate);
    }

    /// <summary>Some whose files have one length: signatures differ in it.</summary>
    private static List<X509Certificate2> OfOneLength(Func<X509Certificate2> make, int count)
    {
        var byLength = new Dictionary<(int, int), List<X509Certificate2>>();
        while (true)
        {
            var made = make();
            var length = (made.ExportCertificatePem().Length, Key(made).ExportPkcs8PrivateKeyPem().Length);
            byLength.TryAdd(length, []);
            byLength[length].Add(made);
            if (byLength[length].Count == count)
                return byLength[length];
        }
    }

    private static ECDsa Key(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!;

    private void Put(X509Certificate2 certificate, X509Certificate2 key)
    {
        Write("cert.pem", certificate.ExportCertificatePem());
        Write("key.pem", Key(key).ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A directory of files whose times are always the same.</summary>
    private void PutSecret(string folder, X509Certificate2 certificate)
    {
        Directory.CreateDirectory(InDirectory(folder));
        foreach (var (name, text) in ((string, string)[])
            [("cert.pem", certificate.ExportCertificatePem()), ("key.pem", Key(certificate).ExportPkcs8PrivateKeyPem())])
        {
            var path = Path.Combine(InDirectory(folder), name);
            File.WriteAllText(path, text);
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        }
    }

    private string InDirectory(string name) => Path.Combine(_directory, name);

    private void Write(string name, string text)
    {
        File.WriteAllText(InDirectory(name), text);
        // Two writes within a tick of the file system's clock would look the same.
        File.SetLastWriteTimeUtc(InDirectory(name), DateTime.UnixEpoch.AddSeconds(++_writes));
    }
}
