using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx;

namespace AlexNetService.Worker.Tests;

/// <summary>An alexnet-cifar package of three classes with random weights, made without torch.</summary>
internal static class RandomPackage
{
    public static ModelPackage Publish(PackageRepository repository, string name, int seed, params string[] classes)
    {
        var architecture = AlexNetLayers.ForCifar(classes.Length);
        var random = new Random(seed);
        var weights = architecture.Weights().ToDictionary(shape => shape.Name, shape => Weight(shape, random));
        var card = new ModelCard
        {
            Name = name,
            Version = 1,
            Architecture = architecture,
            Preprocessing = new Preprocessing { Canvas = architecture.Geometry.Canvas, Crop = architecture.Geometry.Crop },
            Tensors = AlexNetGraph.Tensors,
            Labels = [.. classes.Select((id, index) => new ClassLabel(index, id, id))],
            Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
        };
        var graphs = PackageGraphs.Build(architecture, new NamedWeights(architecture, weights), [125, 123, 114]);
        return repository.Publish(graphs.Describe(card), graphs.Files);
    }

    // Wide enough that pictures differ in their answers; biases small.
    private static WeightTensor Weight(WeightShape shape, Random random)
    {
        var inputs = shape.Dimensions.Skip(1).Aggregate(1, (product, dimension) => product * dimension);
        var scale = shape.Dimensions.Count == 1 ? 0.1f : MathF.Sqrt(4f / inputs);
        float[] values = [.. Enumerable.Range(0, shape.Dimensions[0] * inputs).Select(_ => scale * ((2 * random.NextSingle()) - 1))];
        return new WeightTensor(shape.Dimensions, values);
    }
}
