namespace AlexNetService.Worker;

/// <summary>The packages that come with the program: those that the web service serves, copied beside the program by its build.</summary>
internal static class BundledModels
{
    /// <summary>Their repository, a folder <c>models</c> beside the program.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>The package that training begins with where the command names no other: the first member of the bundled ensemble.</summary>
    public static string ToBeginWith()
    {
        var packages = new PackageRepository(Folder);
        var name = !Directory.Exists(Folder) ? null
            : EnsembleCard.ReadAll(Folder) is [var ensemble, ..] ? ensemble.Members[0].Name
            : packages.Names() is [var first, ..] ? first
            : null;
        return name is null || packages.Versions(name) is not [var newest, ..]
            ? throw new InputException($"There are no bundled models in '{Folder}'. Name a --preset or a trained network to begin --from.")
            : packages.Folder(name, newest);
    }

    /// <summary>Opens them as the web service does: all packages, newest versions; the snapshot's default answers.</summary>
    public static Task<ModelCatalog> OpenAsync(RuntimeOptions runtime, CancellationToken stop) =>
        ModelCatalog.OpenAsync(new RepositoryOptions { Path = Folder }, new EnsembleOptions(), runtime, _ => { }, stop);
}
