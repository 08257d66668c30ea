using static System.FormattableString;

namespace AlexNetService.ModelSpec.Architecture;

/// <summary>
/// The design choices that the paper argues for, each of which can be turned off, so that its effect on the error can be measured
/// (Krizhevsky 2012 §3.1 to §3.5, §4.2). The defaults leave a table unchanged.
/// </summary>
public sealed record NetworkSwitches
{
    /// <summary>Whether tanh replaces rectifiers; biases that help rectifiers early then start at 0 (§3.1, §5).</summary>
    public bool Tanh { get; init; }

    /// <summary>Whether responses are normalised (§3.3).</summary>
    public bool ResponseNormalisation { get; init; } = true;

    /// <summary>Whether pooling windows overlap; otherwise a window is as large as its stride (§3.4).</summary>
    public bool OverlappingPooling { get; init; } = true;

    /// <summary>Share of the hidden units that training drops, or null for the table's own; 0 removes the layers (§4.2).</summary>
    public double? Dropout { get; init; }

    /// <summary>Number of columns, or null for the table's own number (§3.2).</summary>
    public int? Columns { get; init; }

    /// <summary>
    /// Whether all convolutions except the last have half as many kernels. The paper compares its two columns with such a table of one
    /// column, which has about as many parameters (§3.2, footnote 2).
    /// </summary>
    public bool HalfKernels { get; init; }

    /// <summary>Whether convolutions may read both columns; otherwise columns only meet in the dense layers (§3.2).</summary>
    public bool Exchange { get; init; } = true;

    /// <summary>1 repeats conv4 (as conv4_2), -1 leaves it out, 0 changes nothing (§7: about 2 points for a middle layer).</summary>
    public int MoreConvolutions { get; init; }

    /// <summary>Applies the switches to a table. Its name tells which differ: <c>alexnet-cifar-tanh-no-lrn</c>.</summary>
    /// <exception cref="ArchitectureException">The resulting table is not a network.</exception>
    public NetworkArchitecture Apply(NetworkArchitecture architecture)
    {
        var columns = Columns ?? architecture.Columns;
        var last = architecture.Layers.OfType<Convolution>().LastOrDefault();
        var switched = architecture with
        {
            Preset = architecture.Preset + Suffix(architecture.Columns),
            Columns = columns,
            Layers = [.. Deepened(architecture.Layers).Where(Stays).Select(layer => Switched(layer, HalfKernels && layer != last))],
        };
        _ = switched.Rows();
        return switched;
    }

    /// <summary>A convolution that now reads another layer's maps gets the initial weights of the one that read them before.</summary>
    private IEnumerable<Layer> Deepened(IReadOnlyList<Layer> layers)
    {
        if (MoreConvolutions == 0)
        {
            return layers;
        }

        var fourth = layers.OfType<Convolution>().Single(layer => layer.Name == "conv4");
        var fifth = layers.OfType<Convolution>().Single(layer => layer.Name == "conv5");
        return MoreConvolutions > 0
            ? layers.SelectMany(layer => layer.Name == "relu4"
                ? [layer, fifth with { Name = "conv4_2", Maps = fourth.Maps }, new Rectifier("relu4_2")]
                : new[] { layer })
            : layers.Where(layer => layer.Name is not ("conv4" or "relu4"))
                .Select(layer => layer == fifth ? fifth with { WeightStd = fourth.WeightStd } : layer);
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
        Dropout switch { null => "", 0 => "-no-dropout", var rate => Invariant($"-dropout-{rate}") },
        Columns is { } other && other != columns ? Invariant($"-{other}-column{(other == 1 ? "" : "s")}") : "",
        HalfKernels ? "-half-kernels" : "",
        Exchange ? "" : "-no-exchange",
        MoreConvolutions switch { 0 => "", > 0 => "-conv4_2", _ => "-no-conv4" });
}
