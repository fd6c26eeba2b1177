// Command sidecar-standin stands in for kiwigrid's k8s-sidecar, as the Grafana chart runs it: ConfigMaps and Secrets with
// a label become files in a folder, and Grafana is asked to read them again. It reads the same environment variables.
// Not k8s-sidecar: SCRIPT, UNIQUE_FILENAMES, FOLDER_ANNOTATION, .url keys and METHOD LIST are not there.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("sidecar-standin ")
	log.Print("Starting the k8s-sidecar STAND-IN of the monstack lab (not k8s-sidecar)")
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	changed := make(chan struct{}, 1)
	if err := follow(context.Background(), client, os.Getenv("FOLDER"), changed); err != nil {
		log.Fatal(err)
	}
	for range changed {
		reload()
	}
}

// follow keeps the folder like the labelled objects, and says so whenever it changed something.
func follow(ctx context.Context, client kubernetes.Interface, folder string, changed chan<- struct{}) error {
	namespace := os.Getenv("NAMESPACE")
	if namespace == "" {
		own, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
		if err != nil {
			return err
		}
		namespace = string(own)
	} else if namespace == "ALL" {
		namespace = metav1.NamespaceAll
	}
	selector := os.Getenv("LABEL")
	if value := os.Getenv("LABEL_VALUE"); value != "" {
		selector += "=" + value
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = selector }))
	tell := func(did bool) {
		if !did {
			return
		}
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handlers := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { tell(put(folder, filesOf(o))) },
		UpdateFunc: func(old, o any) { did := drop(folder, filesOf(old), filesOf(o)); tell(put(folder, filesOf(o)) || did) },
		DeleteFunc: func(o any) { tell(drop(folder, filesOf(o), nil)) },
	}
	resource := os.Getenv("RESOURCE")
	if resource != "secret" {
		if _, err := factory.Core().V1().ConfigMaps().Informer().AddEventHandler(handlers); err != nil {
			return err
		}
	}
	if resource == "secret" || resource == "both" {
		if _, err := factory.Core().V1().Secrets().Informer().AddEventHandler(handlers); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	return nil
}

func filesOf(o any) map[string][]byte {
	if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = gone.Obj
	}
	files := map[string][]byte{}
	switch object := o.(type) {
	case *v1.ConfigMap:
		for name, text := range object.Data {
			files[name] = []byte(text)
		}
		for name, content := range object.BinaryData {
			files[name] = content
		}
	case *v1.Secret:
		for name, content := range object.Data {
			files[name] = content
		}
	}
	return files
}

func put(folder string, files map[string][]byte) bool {
	for name, content := range files {
		file := filepath.Join(folder, filepath.Base(name))
		if err := os.WriteFile(file, content, 0o644); err != nil {
			log.Printf("level=error file=%s error=%q", file, err)
			continue
		}
		log.Printf("Writing %s (ascii)", file)
	}
	return len(files) > 0
}

// drop removes the files that were there and are not in the new ones.
func drop(folder string, old, now map[string][]byte) bool {
	did := false
	for name := range old {
		if _, stays := now[name]; stays {
			continue
		}
		file := filepath.Join(folder, filepath.Base(name))
		did = os.Remove(file) == nil || did
	}
	return did
}

// reload asks until Grafana, which starts beside it, has taken the files over; five attempts a second apart are upstream's
// patience, this one's is a minute.
func reload() {
	url := os.Getenv("REQ_URL")
	if url == "" {
		return
	}
	for attempt := 0; attempt < 60; attempt++ {
		status, err := post(url)
		if err == nil && status < 300 {
			log.Printf("%s request sent to %s. Response: %d", os.Getenv("REQ_METHOD"), url, status)
			return
		}
		log.Printf("level=warning url=%s status=%d error=%v", url, status, err)
		time.Sleep(time.Second)
	}
}

func post(url string) (int, error) {
	request, err := http.NewRequest(os.Getenv("REQ_METHOD"), url, nil)
	if err != nil {
		return 0, err
	}
	request.SetBasicAuth(os.Getenv("REQ_USERNAME"), os.Getenv("REQ_PASSWORD"))
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("no answer: %w", err)
	}
	defer response.Body.Close()
	return response.StatusCode, nil
}
