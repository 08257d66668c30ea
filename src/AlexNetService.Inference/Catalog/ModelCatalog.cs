using System.Collections.Frozen;
using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Catalog;

/// <summary>
/// The models that are served: an immutable snapshot, replaced as a whole in one write. Requests enter it and leave it. A change prepares
/// the next snapshot beside it, so that no request waits for a change, and a change that fails has no effect. A replaced version is freed
/// when the last request that entered with it has left.
/// </summary>
public sealed class ModelCatalog : IDisposable
{
    private readonly PackageOpening packages;
    private readonly EnsemblePlan plan;
    private readonly CatalogThread thread;
    private readonly object gate = new();
    private readonly List<LoadedModel> alive = [];
    private readonly Dictionary<string, (int Version, string Reason)> refusals = new(StringComparer.Ordinal);
    private FrozenSet<string> answering = [];
    private volatile string? opening;
    private volatile CatalogSnapshot? current;

    private ModelCatalog(RepositoryOptions repository, EnsembleOptions ensembles, RuntimeOptions runtime)
    {
        packages = new PackageOpening(repository, runtime);
        plan = new EnsemblePlan(repository, ensembles);
        thread = new CatalogThread(TimeSpan.FromSeconds(repository.LoadSeconds));
    }

    /// <summary>
    /// Runs at a time that the models were opened for; see <see cref="RuntimeOptions.ConcurrentRuns"/>. Where that option is 0, they were
    /// measured with the first model.
    /// </summary>
    public int ConcurrentRuns { get; private set; } = 1;

    /// <summary>
    /// Variants that do not answer by default, by name in ordinal order: a quantized package → the name of the package of the same network
    /// that answers instead. Empty where <c>ModelRepository:Default</c> names the members.
    /// </summary>
    public IReadOnlyDictionary<string, string> LeftOut { get; private set; } = FrozenDictionary<string, string>.Empty;

    /// <summary>
    /// Opens, verifies and warms the models that the settings name, on the catalog's own thread: all of them or none. Of each model the
    /// newest version that can be opened is served, or the pinned one; <see cref="States"/> says why a newer one is not. Reports each model
    /// as soon as it is warm. Cancellation is checked between the steps of each package.
    /// </summary>
    /// <exception cref="CatalogException">
    /// The folder is missing or empty, a package is refused, or the default or an ensemble cannot answer.
    /// </exception>
    /// <exception cref="DeviceUnavailableException">The device does not exist, or this build does not support it.</exception>
    public static async Task<ModelCatalog> OpenAsync(
        RepositoryOptions repository,
        EnsembleOptions ensembles,
        RuntimeOptions runtime,
        Action<ModelSession> opened,
        CancellationToken cancellation)
    {
        var catalog = new ModelCatalog(repository, ensembles, runtime);
        try
        {
            await (catalog.thread.TryRun(either => catalog.Start(opened, either), cancellation) ?? Task.CompletedTask);
            return catalog;
        }
        catch
        {
            catalog.Dispose();
            throw;
        }
    }

    /// <summary>Enters the snapshot that is served now, which is kept until the lease is disposed: for a whole request.</summary>
    /// <exception cref="ObjectDisposedException">The catalog was disposed.</exception>
    public CatalogLease Enter()
    {
        while (true)
        {
            var snapshot = current;
            ObjectDisposedException.ThrowIf(snapshot is null, this);

            // The catalog itself holds the current snapshot: this fails only where it was replaced between these two lines.
            if (snapshot.Users.TryEnter())
            {
                return new CatalogLease(snapshot);
            }
        }
    }

    /// <summary>
    /// Serves a version of a package, in place of the version that is served, if any; null is the pinned version or, without one, the
    /// newest. Cancellation stops the load before the version is served.
    /// </summary>
    public Task<CatalogChange> LoadAsync(string name, int? version, CancellationToken cancellation) =>
        ChangeAsync(either => Load(name, version, either), cancellation);

    /// <summary>
    /// Stops serving a model. Refused for a model that <c>ModelRepository:Default</c> or <c>Ensembles</c> name, and for the last one that
    /// answers by default: an ensemble without one of its members would give other answers under the same name. Cancellation stops the
    /// unload before it begins.
    /// </summary>
    public Task<CatalogChange> UnloadAsync(string name, CancellationToken cancellation) =>
        ChangeAsync(either => Unload(name, either), cancellation);

    /// <summary>The states of the models in memory and of those that were refused, by name in ordinal order.</summary>
    public IReadOnlyList<ModelState> States()
    {
        lock (gate)
        {
            var served = current?.Models ?? [];
            return
            [
                .. alive.Select(model => model.Name).Concat(refusals.Keys).Concat(opening is { } name ? [name] : [])
                    .Distinct(StringComparer.Ordinal)
                    .Order(StringComparer.Ordinal)
                    .Select(name => State(name, served.FirstOrDefault(model => model.Card.Name == name)?.Card.Version)),
            ];
        }
    }

    /// <summary>The packages in the repository's folder, loaded or not: name → versions, newest first; read from disk each time.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Packages() => packages.Listed();

    /// <summary>Stops a change under way, and frees the models as soon as the last request has left.</summary>
    public void Dispose()
    {
        thread.Dispose();
        Interlocked.Exchange(ref current, null)?.Users.Leave();
    }

    private Task<CatalogChange> ChangeAsync(Func<CancellationToken, CatalogChange> change, CancellationToken cancellation) =>
        thread.TryRun(change, cancellation) ?? Task.FromResult<CatalogChange>(
            new CatalogChange.Refused($"{CatalogThread.Limit} changes are waiting already. Try again when one of them is done."));

    private CatalogSnapshot Start(Action<ModelSession> opened, CancellationToken cancellation)
    {
        var (models, reasons) = (new List<LoadedModel>(), new List<string>());
        try
        {
            foreach (var name in Step("The repository", _ => packages.StartUp(), cancellation))
            {
                if (OpenNewest(name, reasons, cancellation) is { } model)
                {
                    models.Add(model);
                    opened(model.Session);
                }
            }

            LeftOut = plan.HasDefault ? LeftOut : ModelVariants.LeftOut(models.Select(model => model.Session.Card));
            answering = models.Select(model => model.Name).Except(LeftOut.Keys).ToFrozenSet(StringComparer.Ordinal);
            return reasons.Count > 0 ? throw new CatalogException(reasons) : Publish(models, cancellation);
        }
        finally
        {
            models.ForEach(model => model.Holders.Leave());
        }
    }

    /// <summary>Opens the newest version that can be opened; null, with the reasons, where none can.</summary>
    private LoadedModel? OpenNewest(string name, List<string> reasons, CancellationToken cancellation)
    {
        var refused = new List<(int Version, string Reason)>();
        try
        {
            var (versions, missing) = Step($"'{name}'", _ => (packages.Candidates(name, out var reason), reason), cancellation);
            foreach (var version in versions)
            {
                try
                {
                    ConcurrentRuns = Step($"'{name}'", _ => packages.DecideRuns(name, version), cancellation);
                    var model = Open(name, version, cancellation);
                    if (refused is [var newest, ..])
                    {
                        Refused(name, newest.Version, newest.Reason);
                    }

                    return model;
                }
                catch (Exception e) when (e is InvalidPackageException or CatalogException)
                {
                    refused.Add((version, e.Message));
                }
            }

            reasons.AddRange(missing is null ? refused.Select(version => version.Reason) : [missing]);
        }
        catch (CatalogException e)
        {
            reasons.Add(e.Message);
        }

        return null;
    }

    private CatalogChange Load(string name, int? version, CancellationToken cancellation)
    {
        var wanted = version ?? 0;
        try
        {
            (wanted, var missing) = Step(
                $"'{name}'", _ => (packages.TryFind(name, version, out var found, out var reason) ? found : 0, reason), cancellation);
            if (missing is not null)
            {
                return new CatalogChange.NotFound(missing);
            }

            if (plan.IsEnsemble(name))
            {
                return Refused(name, wanted, $"'{name}' is an ensemble of the settings. Rename the ensemble or the package.");
            }

            var served = Served(name);
            if (served?.Version == wanted
                && served.CardHash.AsSpan().SequenceEqual(Step($"'{name}'", _ => packages.CardHash(name, wanted), cancellation)))
            {
                return Done(name, new CatalogChange.Unchanged(name, wanted));
            }

            var model = Open(name, wanted, cancellation);
            try
            {
                Publish([.. Others(name), model], cancellation);
            }
            finally
            {
                model.Holders.Leave();
            }

            return Done(name, new CatalogChange.Loaded(name, wanted, served?.Version));
        }
        catch (Exception e) when (e is InvalidPackageException or CatalogException or DeviceUnavailableException)
        {
            return Refused(name, wanted, e.Message);
        }
    }

    private CatalogChange Unload(string name, CancellationToken cancellation)
    {
        if (Served(name) is not { } served)
        {
            return new CatalogChange.NotFound(
                $"'{name}' is not served; there is {string.Join(", ", (current?.Models ?? []).Select(model => model.Card.Name))}.");
        }

        if (plan.SettingThatNames(name) is { } setting)
        {
            return new CatalogChange.Refused($"'{name}' is named by {setting}. Change the setting and restart the service.");
        }

        var others = Others(name);
        if (current?.Default.Members is [{ Session: var last }] && last == served.Session)
        {
            return new CatalogChange.Refused($"'{name}' is the last model that answers by default. Load another version of it instead.");
        }

        try
        {
            Publish(others, cancellation);
        }
        catch (CatalogException e)
        {
            return new CatalogChange.Refused(e.Message);
        }

        return Done(name, new CatalogChange.Unloaded(name, served.Version));
    }

    private LoadedModel Open(string name, int version, CancellationToken cancellation)
    {
        opening = name;
        try
        {
            var (hash, session) = Step(
                $"'{name}' version {version}",
                stop => (packages.CardHash(name, version), packages.Open(name, version, stop)),
                cancellation,
                unused => unused.Item2.Dispose());
            var model = new LoadedModel(session, hash, unused => thread.Post(() => Free(unused)));
            lock (gate)
            {
                alive.Add(model);
            }

            return model;
        }
        finally
        {
            opening = null;
        }
    }

    /// <summary>Replaces the snapshot in one write; every request that enters from now on gets the new models.</summary>
    private CatalogSnapshot Publish(IReadOnlyList<LoadedModel> models, CancellationToken cancellation)
    {
        LoadedModel[] ordered = [.. models.OrderBy(model => model.Name, StringComparer.Ordinal)];
        var next = plan.Bind(ordered, answering, Step("The repository's ensembles", _ => packages.Ensembles(), cancellation));
        Interlocked.Exchange(ref current, next)?.Users.Leave();

        // Packing a model's weights leaves holes in the heap.
        GlibcHeap.Trim();
        return next;
    }

    private void Free(LoadedModel model)
    {
        model.Session.Dispose();
        GlibcHeap.Trim();
        lock (gate)
        {
            alive.Remove(model);
        }
    }

    private LoadedModel? Served(string name) => current?.Loaded.FirstOrDefault(model => model.Name == name);

    private LoadedModel[] Others(string name) => [.. (current?.Loaded ?? []).Where(model => model.Name != name)];

    private CatalogChange Done(string name, CatalogChange change)
    {
        lock (gate)
        {
            refusals.Remove(name);
        }

        return change;
    }

    private CatalogChange.Refused Refused(string name, int version, string reason)
    {
        lock (gate)
        {
            refusals[name] = (version, reason);
        }

        return new CatalogChange.Refused(reason);
    }

    private ModelState State(string name, int? served)
    {
        int[] versions = [.. alive.Where(model => model.Name == name).Select(model => model.Version).Distinct().OrderDescending()];
        var phase = served is not null ? ModelPhase.Ready
            : opening == name ? ModelPhase.Loading
            : versions.Length > 0 ? ModelPhase.Draining
            : ModelPhase.Unavailable;
        (int Version, string Reason)? refused = refusals.TryGetValue(name, out var last) ? last : null;
        return new ModelState(name, phase, served, versions, opening == name, refused?.Version, refused?.Reason);
    }

    /// <summary>Runs a step of a change; what it is about begins the sentence of a step that is late.</summary>
    /// <exception cref="CatalogException">It is late.</exception>
    private T Step<T>(string about, Func<CancellationToken, T> step, CancellationToken cancellation, Action<T>? unused = null)
    {
        try
        {
            return thread.Step(step, unused ?? (_ => { }), cancellation);
        }
        catch (TimeoutException e)
        {
            throw new CatalogException([$"{about} cannot be loaded. {e.Message}"]);
        }
    }
}
