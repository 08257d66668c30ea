using TorchSharp;

namespace AlexNetService.Training.Network;

/// <summary>
/// Runs the columns' independent work: either in parallel on one thread per column, or one column after another on the caller's thread.
/// Autograd's backward pass on a CPU runs on the calling thread, so two columns run at the same time only on threads of their own.
/// </summary>
internal sealed class ColumnThreads : IDisposable
{
    private readonly List<BlockingCollection<Task>> queues = [];
    private readonly List<Thread> threads = [];
    private readonly HashSet<long> passed = [];
    private readonly bool firstInTurn;
    private bool inTurn;

    /// <summary>
    /// Starts the threads if <see cref="Pays"/> says so. <paramref name="firstInTurn"/> is the rule of <see cref="BeginPass"/>.
    /// </summary>
    public ColumnThreads(ColumnPlacement placement, bool firstInTurn = true)
    {
        this.firstInTurn = firstInTurn;
        var (columns, all) = (placement.Devices.Count, torch.get_num_threads());
        if (!Pays(placement, all))
        {
            return;
        }

        for (var column = 0; column < columns; column++)
        {
            var queue = new BlockingCollection<Task>();
            var thread = new Thread(() => Work(queue)) { IsBackground = true, Name = $"column {(char)('a' + column)}" };
            thread.Start();
            queues.Add(queue);
            threads.Add(thread);
        }

        // A thread's first torch call takes over the process's thread count, so each thread reads the count before it sets its own.
        // Setting it also changes the count of the process, which is restored below.
        Run(columns, _ =>
        {
            _ = torch.get_num_threads();
            torch.set_num_threads(all / columns);
        });
        torch.set_num_threads(all);
    }

    public bool SideBySide => threads.Count > 0;

    /// <summary>
    /// Whether threads are worth having: all columns are on the CPU, and its threads divide evenly between them. On other devices one
    /// thread queues all the work and never waits for it.
    /// </summary>
    public static bool Pays(ColumnPlacement placement, int threads) =>
        placement.Devices.Count > 1
        && placement.Devices.All(device => device.type == DeviceType.CPU)
        && threads % placement.Devices.Count == 0;

    /// <summary>
    /// Begins a pass. In the first pass of each size the columns run one after another, each on its own thread. With parallel columns,
    /// 1 fresh process in 25 on a busy machine computed a wrong gradient of the exchanged maps in its first pass (libtorch 2.10); the 750
    /// passes after it were correct to the bit. The likely cause is gone: <see cref="CutPass"/> summed those gradients with
    /// Tensor + Tensor, whose factor of 1 the collector could free while libtorch read it. On another machine (AVX2) the fault did not
    /// show in 480 processes with parallel columns, with or without that sum, so the order stays until the benchmark
    /// <c>first-gradient --side-by-side</c> shows on the first kind of machine (AVX-512) that it is not needed.
    /// </summary>
    public void BeginPass(long crops) => inTurn = passed.Add(crops) && firstInTurn;

    /// <summary>Runs work once per column, from 0, each column always on the same thread, and returns when all of it is done.</summary>
    public void Run(int columns, Action<int> work)
    {
        if (!SideBySide)
        {
            for (var column = 0; column < columns; column++)
            {
                work(column);
            }

            return;
        }

        foreach (var together in Enumerable.Range(0, columns).Chunk(inTurn ? 1 : columns))
        {
            var tasks = together.Select(column => new Task(() => work(column))).ToArray();
            foreach (var (column, task) in together.Zip(tasks))
            {
                queues[column].Add(task);
            }

            // Returns when all have ended, and rethrows the first failure.
            Task.WhenAll(tasks).GetAwaiter().GetResult();
        }
    }

    /// <summary>
    /// Opens a dispose scope on the caller's thread and on each column's. Disposing it frees all tensors made on these threads meanwhile.
    /// </summary>
    public IDisposable NewScope() => new Scope(this);

    public void Dispose()
    {
        queues.ForEach(queue => queue.CompleteAdding());
        threads.ForEach(thread => thread.Join());
        queues.ForEach(queue => queue.Dispose());
    }

    private static void Work(BlockingCollection<Task> queue)
    {
        foreach (var task in queue.GetConsumingEnumerable())
        {
            task.RunSynchronously();
        }
    }

    /// <summary>One dispose scope per thread, since a scope belongs to the thread that opened it.</summary>
    private sealed class Scope : IDisposable
    {
        private readonly ColumnThreads owner;
        private readonly DisposeScope callers = torch.NewDisposeScope();
        private readonly DisposeScope[] columns;

        public Scope(ColumnThreads owner)
        {
            this.owner = owner;
            columns = new DisposeScope[owner.threads.Count];
            owner.Run(columns.Length, column => columns[column] = torch.NewDisposeScope());
        }

        public void Dispose()
        {
            owner.Run(columns.Length, column => columns[column].Dispose());
            callers.Dispose();
        }
    }
}
