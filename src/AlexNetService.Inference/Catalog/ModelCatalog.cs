using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Catalog;

/// <summary>The models that are served: an immutable snapshot, replaced whole, that owns its sessions.</summary>
public sealed class ModelCatalog : IDisposable
{
    private readonly Dictionary<string, EnsembleMember> members;

    private ModelCatalog(IReadOnlyList<ModelSession> models, IReadOnlyList<(string Name, double? Weight)> defaults)
    {
        Models = models;
        members = models.ToDictionary(model => model.Card.Name, model => new EnsembleMember(model), StringComparer.Ordinal);
        foreach (var (name, weight) in defaults)
        {
            members[name] = members[name] with { Weight = weight ?? members[name].Weight };
        }

        var result = Ensemble.Of(defaults.Count > 0 ? [.. defaults.Select(member => members[member.Name])] : [.. members.Values]);
        Default = result.Ensemble ?? throw new CatalogException(
            [result.Reason ?? "", "Set ModelRepository:Default to the models that answer when a request names none."]);
    }

    /// <summary>The models, by name in ordinal order.</summary>
    public IReadOnlyList<ModelSession> Models { get; }

    /// <summary>The models that answer when a request names none.</summary>
    public Ensemble Default { get; }

    /// <summary>Opens, verifies and warms the newest version of every package in the folder: all of them or none.</summary>
    /// <param name="repository">Which packages.</param>
    /// <param name="runtime">How they run.</param>
    /// <param name="opened">Told of each model as soon as it is warm.</param>
    /// <param name="cancellation">Checked between packages.</param>
    /// <exception cref="CatalogException">The folder is missing or empty, a package is refused, or the default cannot answer.</exception>
    /// <exception cref="DeviceUnavailableException">The device is not there, or not in this build.</exception>
    public static ModelCatalog Load(
        RepositoryOptions repository, RuntimeOptions runtime, Action<ModelSession> opened, CancellationToken cancellation)
    {
        var defaults = DefaultMembers.Parse(repository.Default);
        var sessions = new List<ModelSession>();
        try
        {
            OpenAll(repository, runtime, session =>
            {
                sessions.Add(session);
                session.Warm();
                opened(session);
            }, cancellation);
            if (defaults.FirstOrDefault(member => sessions.All(session => session.Card.Name != member.Name)) is { Name: { } missing })
            {
                throw new CatalogException([$"ModelRepository:Default names '{missing}', which is not in the repository."]);
            }

            return new ModelCatalog(sessions, defaults);
        }
        catch
        {
            sessions.ForEach(session => session.Dispose());
            throw;
        }
    }

    /// <summary>The models that a request names.</summary>
    /// <param name="names">Their names; empty means the default. A name given twice counts once.</param>
    public Selection Select(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return new Selection.Found(Default);
        }

        var selected = new List<EnsembleMember>();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (!members.TryGetValue(name, out var member))
            {
                return new Selection.Unknown(name);
            }

            selected.Add(member);
        }

        var (ensemble, reason) = Ensemble.Of(selected);
        return ensemble is null ? new Selection.Mismatched(reason ?? "") : new Selection.Found(ensemble);
    }

    /// <summary>Frees the sessions. No run may be under way.</summary>
    public void Dispose()
    {
        foreach (var model in Models)
        {
            model.Dispose();
        }
    }

    private static void OpenAll(
        RepositoryOptions options, RuntimeOptions runtime, Action<ModelSession> opened, CancellationToken cancellation)
    {
        var repository = new PackageRepository(Path.GetFullPath(options.Path, AppContext.BaseDirectory));
        if (!Directory.Exists(repository.Root) || repository.Names() is not { Count: > 0 } names)
        {
            throw new CatalogException(
                [$"There is no model package (name/version/card.json) in '{repository.Root}'. Copy one there, or set ModelRepository:Path."]);
        }

        var refusals = new List<string>();
        foreach (var name in names)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                opened(ModelSession.Open(Open(repository, name), runtime));
            }
            catch (InvalidPackageException e)
            {
                refusals.Add(e.Message);
            }
        }

        if (refusals.Count > 0)
        {
            throw new CatalogException(refusals);
        }
    }

    private static ModelPackage Open(PackageRepository repository, string name)
    {
        var version = repository.Versions(name)[0];
        var package = ModelPackage.Open(repository.Folder(name, version));
        return package.Card.Name == name && package.Card.Version == version
            ? package
            : throw new InvalidPackageException(
                package.Folder, $"the card is of {package.Card.Name} version {package.Card.Version}. Move it to {package.Card.Name}/{package.Card.Version}.");
    }
}
