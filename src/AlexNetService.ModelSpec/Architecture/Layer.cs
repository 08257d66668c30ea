namespace AlexNetService.ModelSpec.Architecture;

/// <summary>
/// One row of a layer table. A network is a list of rows, read from top to bottom. The TorchSharp module and the ONNX graph are
/// translations of the same list.
/// </summary>
/// <param name="Name">Name of the layer in the whole network, such as <c>conv1</c>; <c>conv1a</c>, <c>conv1b</c> in its columns.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Scaling), "scaling")]
[JsonDerivedType(typeof(Standardisation), "standardisation")]
[JsonDerivedType(typeof(Convolution), "convolution")]
[JsonDerivedType(typeof(Rectifier), "rectifier")]
[JsonDerivedType(typeof(HyperbolicTangent), "tanh")]
[JsonDerivedType(typeof(LocalResponseNormalisation), "lrn")]
[JsonDerivedType(typeof(MaxPooling), "max-pooling")]
[JsonDerivedType(typeof(Dense), "dense")]
[JsonDerivedType(typeof(Dropout), "dropout")]
[JsonDerivedType(typeof(Classifier), "classifier")]
public abstract record Layer([property: JsonPropertyOrder(-1)] string Name);

/// <summary>A layer with a weight and a bias.</summary>
/// <param name="WeightStd">Standard deviation of the zero-mean Gaussian of the initial weights (Krizhevsky 2012 §5).</param>
/// <param name="InitialBias">Initial value of the biases (Krizhevsky 2012 §5: 1 where it helps rectifiers early, 0 elsewhere).</param>
public abstract record WeightedLayer(string Name, Reads Reads, double WeightStd, double InitialBias) : Layer(Name)
{
    /// <summary>Maps (convolution) or units (dense) of the whole network, all columns together.</summary>
    [JsonIgnore]
    public abstract int Outputs { get; }

    /// <summary>Number of the preceding maps or values that one column reads.</summary>
    /// <param name="all">Their number in the whole network.</param>
    public int InputsOfAColumn(int all, int columns) => Reads == Reads.OwnColumn ? all / columns : all;
}

/// <summary>A two-dimensional convolution with a square kernel (Krizhevsky 2012 §3.5).</summary>
/// <param name="Maps">Output maps of the whole network, divided evenly over the columns.</param>
/// <param name="Kernel">Side of the kernel, in pixels.</param>
/// <param name="Stride">Step between windows, in pixels.</param>
/// <param name="Padding">Zeros added on each of the four sides, in pixels.</param>
public sealed record Convolution(
    string Name, int Maps, int Kernel, int Stride, int Padding, Reads Reads, double WeightStd, double InitialBias)
    : WeightedLayer(Name, Reads, WeightStd, InitialBias)
{
    /// <summary>
    /// Zeros added on the right and at the bottom in addition to <see cref="Padding"/>, in pixels. The 2012 code rounded the number of
    /// windows up, so that conv1's last window extended over the edge. These zeros fill it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int EdgePadding { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Outputs => Maps;
}

/// <summary>
/// Multiplies every value by a constant. Before the first convolution it sets the unit of the pixels. A layer's gradient grows with its
/// input, so with pixels of 0..255 the first layer limits the learning rate of all others.
/// </summary>
/// <param name="Factor">The constant; not 0.</param>
public sealed record Scaling(string Name, double Factor) : Layer(Name);

/// <summary>Divides each channel of the picture by a constant, as torchvision's weights require.</summary>
/// <param name="Deviations">The constants of red, green, blue, in pixel values of 0..255; not 0.</param>
public sealed record Standardisation(string Name, IReadOnlyList<double> Deviations) : Layer(Name);

/// <summary>The function after every convolution and hidden dense layer, applied to each value.</summary>
public abstract record Nonlinearity(string Name) : Layer(Name);

/// <summary>max(0, x) (Krizhevsky 2012 §3.1).</summary>
public sealed record Rectifier(string Name) : Nonlinearity(Name);

/// <summary>tanh(x), which networks used before rectifiers; the paper compares with it (Krizhevsky 2012 §3.1, figure 1).</summary>
public sealed record HyperbolicTangent(string Name) : Nonlinearity(Name);

/// <summary>
/// b = a / (k + α·Σ a²)^β, the sum running over the neighbouring maps at the same place, inside one column
/// (Krizhevsky 2012 §3.3).
/// </summary>
/// <param name="Maps">n, the number of neighbouring maps in the sum, with the map itself in the middle; odd.</param>
/// <param name="Alpha">
/// α as the factor of the plain sum, as in the paper. PyTorch, Caffe and the ONNX operator divide their α by n, so they get n·α.
/// </param>
public sealed record LocalResponseNormalisation(string Name, int Maps, double K, double Alpha, double Beta) : Layer(Name);

/// <summary>Maximum over square windows, which overlap if the stride is smaller than the window (Krizhevsky 2012 §3.4).</summary>
/// <param name="Window">Side of the window, in pixels.</param>
/// <param name="Stride">Step between windows, in pixels.</param>
public sealed record MaxPooling(string Name, int Window, int Stride) : Layer(Name);

/// <summary>A hidden dense layer, its units divided evenly over the columns.</summary>
public sealed record Dense(string Name, int Units, Reads Reads, double WeightStd, double InitialBias)
    : WeightedLayer(Name, Reads, WeightStd, InitialBias)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override int Outputs => Units;
}

/// <summary>Sets a share of the units to zero while training; the identity afterwards (Krizhevsky 2012 §4.2).</summary>
/// <param name="Rate">Share of units set to zero, 0 to below 1. The others are scaled by 1 / (1 − rate).</param>
public sealed record Dropout(string Name, double Rate) : Layer(Name);

/// <summary>
/// The last dense layer, with one unit for each class. It reads both columns and is not divided: it runs on the first column's device, so
/// that an odd number of classes needs no special rule.
/// </summary>
public sealed record Classifier(string Name, int Classes, double WeightStd, double InitialBias)
    : WeightedLayer(Name, Reads.BothColumns, WeightStd, InitialBias)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override int Outputs => Classes;
}

/// <summary>The input of a column of a weighted layer (Krizhevsky 2012 §3.2).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Reads>))]
public enum Reads
{
    /// <summary>The whole picture, which every column holds.</summary>
    Image,

    /// <summary>The maps of its own column; devices exchange nothing.</summary>
    OwnColumn,

    /// <summary>The maps of both columns; each device copies the other column's maps.</summary>
    BothColumns,
}
