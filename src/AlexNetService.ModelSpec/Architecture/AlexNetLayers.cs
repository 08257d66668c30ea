namespace AlexNetService.ModelSpec.Architecture;

/// <summary>The layer tables. Maps and units count the whole network; each of the two columns has half.</summary>
public static class AlexNetLayers
{
    /// <summary>The paper's network on 227² crops of a 259² canvas: <c>alexnet</c>.</summary>
    public const string AlexNet = "alexnet";

    /// <summary>The paper's network with geometry, mean image and first weights of the code of 2012: <c>alexnet-2012</c>.</summary>
    public const string AsOf2012 = "alexnet-2012";

    /// <summary>The single-column network whose weights torchvision publishes: <c>alexnet-torchvision</c>.</summary>
    public const string Torchvision = "alexnet-torchvision";

    /// <summary>A two-column AlexNet for 32×32 photographs: <c>alexnet-cifar</c>.</summary>
    public const string Cifar = "alexnet-cifar";

    /// <summary>A two-column AlexNet for 64×64 photographs, as in Tiny ImageNet: <c>alexnet-64</c>.</summary>
    public const string Small = "alexnet-64";

    /// <summary>Names of all presets, in the order help texts show them.</summary>
    public static IReadOnlyList<string> Presets { get; } = [AlexNet, AsOf2012, Small, Cifar, Torchvision];

    /// <summary>The table of a preset, or null where there is no such preset.</summary>
    public static NetworkArchitecture? Find(string preset, int classes) => preset switch
    {
        AlexNet => ForImageNet(classes),
        AsOf2012 => As2012(classes),
        Small => For64(classes),
        Cifar => ForCifar(classes),
        Torchvision => AsTorchvision(classes),
        _ => null,
    };

    /// <summary>The preset that a table was made from, switched or not: <c>alexnet-cifar</c> of <c>alexnet-cifar-no-lrn</c>.</summary>
    public static string? PresetOf(string table) => Presets
        .Where(preset => table == preset || table.StartsWith(preset + "-", StringComparison.Ordinal))
        .MaxBy(preset => preset.Length);

    /// <summary>The number of classes of the data set that a preset was made for.</summary>
    public static int UsualClasses(string preset) => preset switch { Cifar => 10, Small => 200, _ => 1000 };

    /// <summary>
    /// Krizhevsky, Sutskever, Hinton 2012, figure 2: 60,965,224 parameters at 1000 classes. The paper says 224² crops, which
    /// give 55×55 maps only when the last window hangs over the edge; 227² crops of a 259² canvas have the same 33×33
    /// positions, real pixels everywhere, and an unpadded conv1.
    /// </summary>
    public static NetworkArchitecture ForImageNet(int classes = 1000) => new(AlexNet, Columns: 2, new CropGeometry(259, 227),
    [
        new Convolution("conv1", 96, Kernel: 11, Stride: 4, Padding: 0, Reads.Image, 0.01, InitialBias: 0),
        new Rectifier("relu1"),
        new LocalResponseNormalisation("lrn1", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75),
        new MaxPooling("pool1", Window: 3, Stride: 2),

        new Convolution("conv2", 256, Kernel: 5, Stride: 1, Padding: 2, Reads.OwnColumn, 0.01, InitialBias: 1),
        new Rectifier("relu2"),
        new LocalResponseNormalisation("lrn2", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75),
        new MaxPooling("pool2", Window: 3, Stride: 2),

        new Convolution("conv3", 384, Kernel: 3, Stride: 1, Padding: 1, Reads.BothColumns, 0.01, InitialBias: 0),
        new Rectifier("relu3"),
        new Convolution("conv4", 384, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.01, InitialBias: 1),
        new Rectifier("relu4"),
        new Convolution("conv5", 256, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.01, InitialBias: 1),
        new Rectifier("relu5"),
        new MaxPooling("pool5", Window: 3, Stride: 2),

        new Dense("fc6", 4096, Reads.BothColumns, 0.01, InitialBias: 1),
        new Rectifier("relu6"),
        new Dropout("drop6", 0.5),
        new Dense("fc7", 4096, Reads.BothColumns, 0.01, InitialBias: 1),
        new Rectifier("relu7"),
        new Dropout("drop7", 0.5),
        new Classifier("fc8", classes, 0.01, InitialBias: 0),
    ]);

    /// <summary>How a preset differs from its source, one difference a line; empty for presets without known differences.</summary>
    /// <param name="preset">Name of the preset, or of a table made from it.</param>
    public static IReadOnlyList<string> Differences(string preset) => PresetOf(preset) != AsOf2012 ? [] :
    [
        "The code of 2012 ran conv1, normalisation, pooling, rectifier in this order; this table has the rectifier right after conv1.",
        "After the normalisation of layer 2 it normalised again, over 5×5 places of each map (cnorm2, α 0.001); this table does not.",
        "It divided pixels by 1.1 after the colour shift; this software does not.",
        "It kept the biases' rate at 0.02 while the weights' rate fell; here both fall.",
        "Late in training it turned the colour shift off and froze conv1; this software does neither.",
    ];

    /// <summary>
    /// The paper's table with some of the choices of the original code: 224² crops of a 256² canvas, conv1's last window extending 3 pixels
    /// over the right and bottom edge, α divided by n, a mean image instead of a mean colour, and larger first weights in conv3 to conv5.
    /// It is not that code: see <see cref="Differences"/>.
    /// </summary>
    public static NetworkArchitecture As2012(int classes = 1000) => ForImageNet(classes) with
    {
        Preset = AsOf2012,
        Geometry = new CropGeometry(256, 224),
        MeanImage = true,
        Layers = [.. ForImageNet(classes).Layers.Select(layer => layer switch
        {
            Convolution { Name: "conv1" } first => first with { EdgePadding = 3 },
            Convolution { Name: "conv3" or "conv4" or "conv5" } inner => inner with { WeightStd = 0.03 },
            LocalResponseNormalisation normalisation => normalisation with { Alpha = normalisation.Alpha / normalisation.Maps },
            var same => same,
        })],
    };

    /// <summary>
    /// The network of torchvision's <c>alexnet</c> (Krizhevsky 2014, "One weird trick", one column, no response normalisation), on 224²
    /// crops of a 256² canvas, with 61,100,840 parameters at 1000 classes. Its pixels are divided by the standard deviations of
    /// ImageNet's channels. It is there for weights that people have; the initial weights are those of the paper.
    /// </summary>
    public static NetworkArchitecture AsTorchvision(int classes = 1000) => new(Torchvision, Columns: 1, new CropGeometry(256, 224),
    [
        new Standardisation("standardise0", [0.229 * 255, 0.224 * 255, 0.225 * 255]),
        new Convolution("conv1", 64, Kernel: 11, Stride: 4, Padding: 2, Reads.Image, 0.03, InitialBias: 0),
        new Rectifier("relu1"),
        new MaxPooling("pool1", Window: 3, Stride: 2),

        new Convolution("conv2", 192, Kernel: 5, Stride: 1, Padding: 2, Reads.OwnColumn, 0.03, InitialBias: 0),
        new Rectifier("relu2"),
        new MaxPooling("pool2", Window: 3, Stride: 2),

        new Convolution("conv3", 384, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.03, InitialBias: 0),
        new Rectifier("relu3"),
        new Convolution("conv4", 256, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.03, InitialBias: 0),
        new Rectifier("relu4"),
        new Convolution("conv5", 256, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.03, InitialBias: 0),
        new Rectifier("relu5"),
        new MaxPooling("pool5", Window: 3, Stride: 2),

        new Dropout("drop6", 0.5),
        new Dense("fc6", 4096, Reads.OwnColumn, 0.01, InitialBias: 0),
        new Rectifier("relu6"),
        new Dropout("drop7", 0.5),
        new Dense("fc7", 4096, Reads.OwnColumn, 0.01, InitialBias: 0),
        new Rectifier("relu7"),
        new Classifier("fc8", classes, 0.01, InitialBias: 0),
    ]);

    /// <summary>
    /// The same layer kinds and the same exchanges for 32×32 photographs: 28² crops, 1.63 M parameters at ten classes. A picture so small
    /// cannot lose half its side after the first layer: kernels are 3×3, conv1 and conv2 unpadded, and pooling comes after conv2, conv3
    /// and conv5. Pixels are scaled to about unit variance, so that all layers may learn at one and a higher rate; α is larger
    /// for the same reason, or the normalisation would divide by a constant. Small layers need larger initial weights than 0.01 to
    /// pass a signal on: √(2 / values a unit reads), as rectifiers want it (He et al. 2015).
    /// </summary>
    public static NetworkArchitecture ForCifar(int classes = 10) => new(Cifar, Columns: 2, new CropGeometry(32, 28),
    [
        new Scaling("scale0", Factor: 1.0 / 64),
        new Convolution("conv1", 64, Kernel: 3, Stride: 1, Padding: 0, Reads.Image, 0.27, InitialBias: 0),
        new Rectifier("relu1"),
        new LocalResponseNormalisation("lrn1", Maps: 5, K: 2, Alpha: 0.1, Beta: 0.75),

        new Convolution("conv2", 96, Kernel: 3, Stride: 1, Padding: 0, Reads.OwnColumn, 0.083, InitialBias: 0.1),
        new Rectifier("relu2"),
        new LocalResponseNormalisation("lrn2", Maps: 5, K: 2, Alpha: 0.1, Beta: 0.75),
        new MaxPooling("pool2", Window: 3, Stride: 2),

        new Convolution("conv3", 192, Kernel: 3, Stride: 1, Padding: 1, Reads.BothColumns, 0.048, InitialBias: 0),
        new Rectifier("relu3"),
        new MaxPooling("pool3", Window: 3, Stride: 2),

        new Convolution("conv4", 320, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.048, InitialBias: 0.1),
        new Rectifier("relu4"),
        new Convolution("conv5", 256, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.037, InitialBias: 0.1),
        new Rectifier("relu5"),
        new MaxPooling("pool5", Window: 3, Stride: 2),

        new Dense("fc6", 512, Reads.BothColumns, 0.044, InitialBias: 0.1),
        new Rectifier("relu6"),
        new Dropout("drop6", 0.5),
        new Dense("fc7", 512, Reads.BothColumns, 0.0625, InitialBias: 0.1),
        new Rectifier("relu7"),
        new Dropout("drop7", 0.5),
        new Classifier("fc8", classes, 0.01, InitialBias: 0),
    ]);

    /// <summary>
    /// The same layer kinds and the same exchanges for 64×64 photographs: 56² crops, 8.8 M parameters at 200 classes. Kernels and strides
    /// are smaller than the paper's, because a small photograph cannot lose three quarters of its side in conv1. The layers up to pool2
    /// have no padding and a total stride of 4, so the ten crops share them. Pixels and α are scaled as in <see cref="ForCifar"/>. The
    /// initial weights give the outputs of every layer a standard deviation of 1, measured on photographs (Mishkin and Matas 2015).
    /// </summary>
    public static NetworkArchitecture For64(int classes = 200) => new(Small, Columns: 2, new CropGeometry(64, 56),
    [
        new Scaling("scale0", Factor: 1.0 / 64),
        new Convolution("conv1", 64, Kernel: 5, Stride: 1, Padding: 0, Reads.Image, 0.11, InitialBias: 0),
        new Rectifier("relu1"),
        new LocalResponseNormalisation("lrn1", Maps: 5, K: 2, Alpha: 0.1, Beta: 0.75),
        new MaxPooling("pool1", Window: 3, Stride: 2),

        new Convolution("conv2", 128, Kernel: 3, Stride: 1, Padding: 0, Reads.OwnColumn, 0.175, InitialBias: 0.1),
        new Rectifier("relu2"),
        new LocalResponseNormalisation("lrn2", Maps: 5, K: 2, Alpha: 0.1, Beta: 0.75),
        new MaxPooling("pool2", Window: 3, Stride: 2),

        new Convolution("conv3", 256, Kernel: 3, Stride: 1, Padding: 1, Reads.BothColumns, 0.086, InitialBias: 0),
        new Rectifier("relu3"),
        new Convolution("conv4", 256, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.053, InitialBias: 0.1),
        new Rectifier("relu4"),
        new Convolution("conv5", 256, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.05, InitialBias: 0.1),
        new Rectifier("relu5"),
        new MaxPooling("pool5", Window: 3, Stride: 2),

        new Dense("fc6", 1024, Reads.BothColumns, 0.016, InitialBias: 0.1),
        new Rectifier("relu6"),
        new Dropout("drop6", 0.3),
        new Dense("fc7", 1024, Reads.BothColumns, 0.051, InitialBias: 0.1),
        new Rectifier("relu7"),
        new Dropout("drop7", 0.3),
        new Classifier("fc8", classes, 0.01, InitialBias: 0),
    ]);
}
