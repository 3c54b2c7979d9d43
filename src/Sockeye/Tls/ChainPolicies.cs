using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>How a chain of certificates is judged.</summary>
internal static class ChainPolicies
{
    /// <summary>Trusts these authorities instead of the system's.</summary>
    public static X509ChainPolicy CreateTrusting(X509Certificate2Collection authorities, X509RevocationMode revocation)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = revocation,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>The policy with the clock of the options for the dates; the given one where that clock is the system's.</summary>
    public static X509ChainPolicy? WithTime(TimeProvider time, X509ChainPolicy? policy, X509RevocationMode revocation)
    {
        if (time == TimeProvider.System)
            return policy;
        var judged = policy?.Clone() ?? new() { RevocationMode = revocation, RevocationFlag = X509RevocationFlag.ExcludeRoot };
        judged.VerificationTime = time.GetUtcNow().LocalDateTime;
        return judged;
    }
}
