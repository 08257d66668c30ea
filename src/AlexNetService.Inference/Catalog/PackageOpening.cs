using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Catalog;

/// <summary>
/// Finds packages in the folder and opens them: hashes checked, golden crop run, warmed. A package in half precision beside the one that it
/// was made from is the same network. It is served in its place, under its name, on a GPU, where it is faster.
/// </summary>
internal sealed class PackageOpening(RepositoryOptions options, RuntimeOptions runtime)
{
    private readonly PackageRepository repository = new(Path.GetFullPath(options.Path, AppContext.BaseDirectory));
    private RuntimeOptions runtime = runtime;

    /// <summary>Names of the models to load at start.</summary>
    /// <exception cref="CatalogException">There is no package, or the settings name one that does not exist.</exception>
    public IReadOnlyList<string> StartUp()
    {
        if (!Directory.Exists(repository.Root) || repository.Names() is not { Count: > 0 } names)
        {
            throw new CatalogException([
                $"There is no model package (name/version/card.json) in '{repository.Root}'. Copy one there, or set ModelRepository:Path.",
            ]);
        }

        string[] wanted = [.. RepositoryOptions.Split(options.Load).Distinct(StringComparer.Ordinal)];
        string[] reasons =
        [
            .. wanted.Except(names).Select(name => Absent("ModelRepository:Load", name)),
            .. options.Versions.Keys.Except(names).Select(name => Absent("ModelRepository:Versions", name)),
        ];
        return reasons.Length > 0 ? throw new CatalogException(reasons)
            : wanted.Length > 0 ? wanted
            : [.. names.Where(name => !IsHalfOfAnother(name, names))];

        string Absent(string setting, string name) =>
            $"{setting} names '{name}', which is not in '{repository.Root}'; there is {string.Join(", ", names)}.";
    }

    /// <summary>The packages in the folder with their versions, newest first; none where the folder is gone or cannot be read.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Listed()
    {
        try
        {
            return repository.Names().ToDictionary(name => name, repository.Versions);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FrozenDictionary<string, IReadOnlyList<int>>.Empty;
        }
    }

    /// <summary>The ensembles of the folder.</summary>
    /// <exception cref="CatalogException">The card of an ensemble cannot be read.</exception>
    public IReadOnlyList<EnsembleCard> Ensembles()
    {
        try
        {
            return EnsembleCard.ReadAll(repository.Root);
        }
        catch (Exception e) when (e is InvalidPackageException or IOException or UnauthorizedAccessException)
        {
            throw new CatalogException([e.Message]);
        }
    }

    /// <summary>
    /// Finds a version of a package: the requested one, else the pinned one, else the newest. If there is none, the reason is a sentence.
    /// </summary>
    public bool TryFind(string name, int? version, out int found, [NotNullWhen(false)] out string? reason)
    {
        var versions = repository.Versions(name);
        int? pinned = options.Versions.TryGetValue(name, out var pin) ? pin : null;
        found = version ?? pinned ?? (versions is [var newest, ..] ? newest : 0);
        var advice = version is null ? $" Change ModelRepository:Versions:{name}." : "";
        reason = versions.Count == 0 ? $"There is no package '{name}' in the repository."
            : versions.Contains(found) ? null
            : $"There is no version {found} of '{name}' in the repository; there is {string.Join(", ", versions)}.{advice}";
        return reason is null;
    }

    /// <summary>
    /// The versions of a package to try at start, in this order: the pinned one alone, else the newest and all older ones, so that a
    /// version that cannot be opened does not keep the model away. If there is none, the reason is a sentence.
    /// </summary>
    public IReadOnlyList<int> Candidates(string name, out string? reason) =>
        !TryFind(name, version: null, out var first, out reason) ? []
        : options.Versions.ContainsKey(name) ? [first]
        : [.. repository.Versions(name).Where(version => version <= first)];

    /// <summary>Decides the number of runs at a time; measures it on this package where the options say 0.</summary>
    /// <exception cref="InvalidPackageException">The package must not be served.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not exist, or this build does not support it.</exception>
    public int DecideRuns(string name, int version)
    {
        if (runtime.ConcurrentRuns == 0)
        {
            var package = ModelPackage.Open(repository.Folder(name, version));
            runtime = runtime.With(RunConcurrency.Choose(package, runtime, TimeProvider.System).Runs);
        }

        return runtime.ConcurrentRuns;
    }

    /// <summary>SHA-256 of the card file of the package that is opened.</summary>
    /// <exception cref="InvalidPackageException">It cannot be read.</exception>
    public byte[] CardHash(string name, int version) => SHA256.HashData(ModelPackage.ReadCardBytes(FolderFor(name, version)));

    /// <summary>Opens a package, verified and warm.</summary>
    /// <exception cref="InvalidPackageException">The package must not be served.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not exist, or this build does not support it.</exception>
    public ModelSession Open(string name, int version, CancellationToken cancellation)
    {
        var package = Find(name, version, cancellation);
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
            throw new InvalidPackageException(package.Folder, $"its graph opens but does not run: {e.Message}", e);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Finds a package for the device of its model and checks its hashes.</summary>
    /// <returns>The package under the given name and version, also where it is the one in half precision.</returns>
    /// <exception cref="InvalidPackageException">The package must not be served.</exception>
    public ModelPackage Find(string name, int version, CancellationToken cancellation)
    {
        var folder = FolderFor(name, version);
        var package = ModelPackage.OpenCancellable(folder, cancellation);
        if (folder != repository.Folder(name, version))
        {
            return package with { Card = package.Card with { Name = name, Version = version } };
        }

        var (other, number) = (package.Card.Name, package.Card.Version);
        return (other, number) == (name, version)
            ? package
            : throw new InvalidPackageException(folder, $"the card is of {other} version {number}. Move it to {other}/{number}.");
    }

    /// <summary>The folder of a version or, for a GPU, that of the newest package in half precision that was made from it.</summary>
    private string FolderFor(string name, int version)
    {
        var own = repository.Folder(name, version);
        if (runtime.DeviceOf(name) == "cpu" || Card(own)?.Graph.Sha256 is not { } hash)
        {
            return own;
        }

        return repository.Names()
            .SelectMany(other => repository.Versions(other).Select(number => repository.Folder(other, number)))
            .FirstOrDefault(folder => Card(folder)?.Quantization is { Precision: Precision.Float16 } half
                && half.FromName == name && half.FromVersion == version && half.FromSha256 == hash) ?? own;
    }

    private bool IsHalfOfAnother(string name, IReadOnlyList<string> names) =>
        TryFind(name, version: null, out var version, out _)
        && Card(repository.Folder(name, version))?.Quantization is { Precision: Precision.Float16, FromName: var from }
        && names.Contains(from);

    /// <summary>A card, or null where it cannot be read: opening its package gives the reason.</summary>
    private static ModelCard? Card(string folder)
    {
        try
        {
            return ModelPackage.ReadCard(folder);
        }
        catch (InvalidPackageException)
        {
            return null;
        }
    }
}
