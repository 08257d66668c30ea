using System.Security.Cryptography;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Catalog;

/// <summary>The folder of packages, and the way of one of them into memory: opened, hash-checked, its golden crop run, warmed.</summary>
internal sealed class PackageOpening(RepositoryOptions options, RuntimeOptions runtime)
{
    private readonly PackageRepository repository = new(Path.GetFullPath(options.Path, AppContext.BaseDirectory));
    private RuntimeOptions runtime = runtime;

    /// <summary>The models that are loaded at start.</summary>
    /// <exception cref="CatalogException">There is none, or the settings name one that is not there.</exception>
    public IReadOnlyList<string> StartUp()
    {
        if (!Directory.Exists(repository.Root) || repository.Names() is not { Count: > 0 } names)
        {
            throw new CatalogException([
                $"There is no model package (name/version/card.json) in '{repository.Root}'. Copy one there, or set ModelRepository:Path.",
            ]);
        }

        var wanted = MemberList.Names(options.Load);
        string[] reasons =
        [
            .. wanted.Except(names).Select(name => Absent("ModelRepository:Load", name)),
            .. options.Versions.Keys.Except(names).Select(name => Absent("ModelRepository:Versions", name)),
        ];
        return reasons.Length > 0 ? throw new CatalogException(reasons) : wanted.Count > 0 ? wanted : names;

        string Absent(string setting, string name) =>
            $"{setting} names '{name}', which is not in '{repository.Root}'; there is {string.Join(", ", names)}.";
    }

    /// <summary>What lies in the folder; nothing where there is no folder any more.</summary>
    public IReadOnlyList<PackageVersions> Listed() => Directory.Exists(repository.Root)
        ? [.. repository.Names().Select(name => new PackageVersions(name, repository.Versions(name)))]
        : [];

    /// <summary>
    /// The version that is meant: the one asked for, else the pinned one, else the newest; null with the reason where it is not there.
    /// </summary>
    public (int? Version, string? Reason) Find(string name, int? version)
    {
        var versions = Directory.Exists(repository.Root) ? repository.Versions(name) : [];
        if (versions.Count == 0)
        {
            return (null, $"There is no package '{name}' in the repository.");
        }

        int? pinned = options.Versions.TryGetValue(name, out var pin) ? pin : null;
        var wanted = version ?? pinned ?? versions[0];
        var advice = version is null ? $" Change ModelRepository:Versions:{name}." : "";
        return versions.Contains(wanted)
            ? (wanted, null)
            : (null, $"There is no version {wanted} of '{name}' in the repository; there is {string.Join(", ", versions)}.{advice}");
    }

    /// <summary>Decides how many runs go on at a time, by measuring them on this package where the options say 0.</summary>
    /// <exception cref="InvalidPackageException">It must not be served.</exception>
    /// <exception cref="DeviceUnavailableException">The device is not there, or not in this build.</exception>
    public int DecideRuns(string name, int version)
    {
        if (runtime.ConcurrentRuns == 0)
        {
            var package = ModelPackage.Open(repository.Folder(name, version));
            runtime = runtime.With(RunConcurrency.Choose(package, runtime, TimeProvider.System).Runs);
        }

        return runtime.ConcurrentRuns;
    }

    /// <summary>SHA-256 of a card's file.</summary>
    /// <exception cref="InvalidPackageException">It cannot be read.</exception>
    public byte[] CardHash(string name, int version)
    {
        var folder = repository.Folder(name, version);
        try
        {
            return SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, ModelPackage.CardFile)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidPackageException(folder, $"{ModelPackage.CardFile} cannot be read ({e.Message})", e);
        }
    }

    /// <summary>Brings a package into memory, ready for its first request.</summary>
    /// <exception cref="InvalidPackageException">It must not be served.</exception>
    /// <exception cref="DeviceUnavailableException">The device is not there, or not in this build.</exception>
    public ModelSession Open(string name, int version, CancellationToken cancellation)
    {
        var package = ModelPackage.Open(repository.Folder(name, version));
        if (package.Card.Name != name || package.Card.Version != version)
        {
            var (other, number) = (package.Card.Name, package.Card.Version);
            throw new InvalidPackageException(package.Folder, $"the card is of {other} version {number}. Move it to {other}/{number}.");
        }

        cancellation.ThrowIfCancellationRequested();
        var session = ModelSession.Open(package, runtime);
        try
        {
            cancellation.ThrowIfCancellationRequested();
            session.RequireGolden();
            cancellation.ThrowIfCancellationRequested();
            session.Warm();
            return session;
        }
        catch (OnnxRuntimeException e)
        {
            session.Dispose();
            throw new InvalidPackageException(package.Folder, $"its graph opens and does not run: {e.Message}", e);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
