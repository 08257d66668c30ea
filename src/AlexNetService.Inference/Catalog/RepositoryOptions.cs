using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Inference.Catalog;

/// <summary>The packages to serve.</summary>
public sealed class RepositoryOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "ModelRepository";

    /// <summary>
    /// Folder of packages, <c>name/version/</c>. A relative path starts at the program's folder. Default: <c>models</c>, the packages that
    /// come with the program.
    /// </summary>
    [Required(ErrorMessage = "ModelRepository:Path must name a folder.")]
    public string Path { get; set; } = "models";

    /// <summary>
    /// Models to load at start, a comma list of names. Empty (default) means all packages of the folder, except those in half precision
    /// beside their originals.
    /// </summary>
    public string Load { get; set; } = "";

    /// <summary>Name of a model → the version to serve, in place of the newest one in the folder. Default: none.</summary>
    public Dictionary<string, int> Versions { get; set; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Answers requests that name no model: a comma list of models and ensembles, such as <c>cifar-a=2,cifar-b</c>. Without
    /// <c>=weight</c> the weight of the model's card counts, or 1; ensembles have their own weights. Empty (default) means all models that
    /// are loaded at start, which must then share their labels; of a package and its quantized variants only one, the original.
    /// </summary>
    public string Default { get; set; } = "";

    /// <summary>
    /// Seconds that each step of a load may take: listing the folder, opening a package, measuring it. A load that takes longer is refused,
    /// because a file system or a driver that hangs would stop all loads. Default 300.
    /// </summary>
    [Range(1, 86_400, ErrorMessage = "ModelRepository:LoadSeconds must be {1} to {2}.")]
    public int LoadSeconds { get; set; } = 300;

    /// <summary>The parts of a comma list.</summary>
    internal static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
