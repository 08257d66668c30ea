using System.Globalization;

namespace AlexNetService.ModelSpec.Architecture;

/// <summary>
/// What the paper argues for in a layer table, each to be turned off by itself, so that its share of the error can be measured
/// (Krizhevsky 2012 §3.1 to §3.5, §4.2). Everything is on as the table has it unless said otherwise.
/// </summary>
public sealed record NetworkSwitches
{
    /// <summary>Whether rectifiers become tanh; the biases that feed rectifiers early become 0 with them (§3.1, §5).</summary>
    public bool Tanh { get; init; }

    /// <summary>Whether responses are normalised (§3.3).</summary>
    public bool ResponseNormalisation { get; init; } = true;

    /// <summary>Whether pooling windows overlap; without, a window is as large as its stride (§3.4).</summary>
    public bool OverlappingPooling { get; init; } = true;

    /// <summary>Share of the hidden units dropped while training, or null for the table's own; 0 removes the layers (§4.2).</summary>
    public double? Dropout { get; init; }

    /// <summary>Columns the maps are divided over, or null for the table's own (§3.2).</summary>
    public int? Columns { get; init; }

    /// <summary>
    /// Whether convolutions have half as many kernels, all but the last: what the paper compares its two columns with, so that one
    /// column has about as many parameters as two (§3.2, footnote 2).
    /// </summary>
    public bool HalfKernels { get; init; }

    /// <summary>Whether convolutions that read both columns do so; without, each reads its own, and columns meet in the dense layers (§3.2).</summary>
    public bool Exchange { get; init; } = true;

    /// <summary>The table with these switches. Its name says what was turned: <c>alexnet-cifar-tanh-no-lrn</c>.</summary>
    /// <param name="architecture">A table.</param>
    /// <exception cref="ArchitectureException">What comes out is no network.</exception>
    public NetworkArchitecture Apply(NetworkArchitecture architecture)
    {
        var columns = Columns ?? architecture.Columns;
        var last = architecture.Layers.OfType<Convolution>().LastOrDefault();
        var switched = architecture with
        {
            Preset = architecture.Preset + Suffix(architecture.Columns),
            Columns = columns,
            Layers = [.. architecture.Layers.Where(Stays).Select(layer => Switched(layer, HalfKernels && layer != last))],
        };
        _ = switched.Rows();
        return switched;
    }

    private bool Stays(Layer layer) => layer switch
    {
        LocalResponseNormalisation => ResponseNormalisation,
        Architecture.Dropout => Dropout != 0,
        _ => true,
    };

    private Layer Switched(Layer layer, bool halved) => layer switch
    {
        Rectifier rectifier when Tanh => new HyperbolicTangent(rectifier.Name),
        MaxPooling pooling when !OverlappingPooling => pooling with { Window = pooling.Stride },
        Convolution convolution => convolution with
        {
            Maps = halved ? convolution.Maps / 2 : convolution.Maps,
            Reads = convolution.Reads == Reads.BothColumns && !Exchange ? Reads.OwnColumn : convolution.Reads,
            InitialBias = Tanh ? 0 : convolution.InitialBias,
        },
        Architecture.Dropout dropout => dropout with { Rate = Dropout ?? dropout.Rate },
        Dense dense when Tanh => dense with { InitialBias = 0 },
        _ => layer,
    };

    private string Suffix(int columns) => string.Concat(
        Tanh ? "-tanh" : "",
        ResponseNormalisation ? "" : "-no-lrn",
        OverlappingPooling ? "" : "-no-overlap",
        Dropout switch { null => "", 0 => "-no-dropout", var rate => string.Create(CultureInfo.InvariantCulture, $"-dropout-{rate}") },
        Columns is { } other && other != columns ? string.Create(CultureInfo.InvariantCulture, $"-{other}-column{(other == 1 ? "" : "s")}") : "",
        HalfKernels ? "-half-kernels" : "",
        Exchange ? "" : "-no-exchange");
}
