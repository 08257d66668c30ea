using AlexNetService.Imaging;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Tests.Evaluate;

/// <summary>What <c>alexnet evaluate</c> measures is what the service answers.</summary>
public sealed class EvaluatedPackageTests : IDisposable
{
    private static readonly RuntimeOptions Options = new() { Threads = 1 };

    private readonly TemporaryFolder folder = new();
    private readonly LabelledPhotographs photographs;
    private readonly ModelPackage package;
    private readonly CropGeometry geometry = AlexNetLayers.ForCifar().Geometry;

    public EvaluatedPackageTests()
    {
        photographs = DataSetOpener.Open(Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 3, side: 48));
        package =
            RandomPackage.Publish(new PackageRepository(Path.Combine(folder.Path, "models")), "one", seed: 1, "class0", "class1", "other");
    }

    [Fact]
    public void Logits_OfAPackage_AreThoseOfItsSharedTrunkToTheLastBit()
    {
        Assert.NotNull(package.Card.Split);
        var canvases = Canvases.Load(photographs, photographs.Photographs, geometry.Canvas, TestContext.Current.CancellationToken);
        var windows = CropViews.Ten(geometry);
        using var session = ModelSession.Open(package, Options);
        using var evaluated = EvaluatedPackage.Open(package, Options);

        var measured = evaluated.Logits(canvases, windows, TestContext.Current.CancellationToken).ToArray();

        Assert.Equal(6, measured.Length);
        for (var place = 0; place < measured.Length; place++)
        {
            var served = new float[windows.Length * session.Classes];
            session.Run(canvases[place].Span, windows, new CropOutputs { Logits = served });
            Assert.Equal(served, measured[place]);
        }
    }

    [Theory]
    [InlineData(TestViews.Centre)]
    [InlineData(TestViews.Ten)]
    public async Task Probabilities_OfAPhotograph_AreThoseThatTheServiceAnswers(TestViews views)
    {
        var stop = TestContext.Current.CancellationToken;
        var canvases = Canvases.Load(photographs, photographs.Photographs, geometry.Canvas, stop);
        using var evaluated = EvaluatedPackage.Open(package, Options);
        var measured = ModelMeasurement.Of(evaluated, canvases, new int[6], [(int)views], keep: [], stop).ByCrops[(int)views];
        using var session = ModelSession.Open(package, Options);
        await using var engine = new InferenceEngine(new QueueOptions(), new DecodingOptions(), TimeProvider.System);

        for (var place = 0; place < measured.Count; place++)
        {
            var photograph = photographs.Read(photographs.Photographs[place].Path);
            using var result =
                await engine.RunAsync(new PhotographRequest(photograph, Ensemble.Alone(session), views) { Cancellation = stop });

            var answered = Assert.IsType<InferenceResult.Answered>(result);
            Assert.Equal(answered.Probabilities.ToArray(), measured.Probabilities[place], (one, other) => Math.Abs(one - other) <= 1e-6f);
        }
    }

    public void Dispose()
    {
        photographs.Dispose();
        folder.Dispose();
    }
}
